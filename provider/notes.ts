import type { Desired } from "../host/desired.ts";
import { printable } from "../host/errors.ts";
import type { Facts } from "../host/facts/facts.ts";
import { type Finding, drift } from "../host/plan/drift.ts";
import { fill } from "../host/plan/placeholders.ts";
import type { HostException } from "../resources/contract.ts";
import type { Known } from "./fleet.ts";
import { type FleetRecord, withFleet } from "./result.ts";
import { type WireObject, revealObject } from "./wire.ts";

/** What was found on a host. Undefined if the account is gone. */
export type Seen = Facts | undefined;

/**
 * The former outputs with what a refresh found on each host: `drift` lists the differences, `pending` says that an `up` was interrupted.
 * The entries of hosts that were not looked at stay. Pure.
 *
 * @param desired the content as the last operation left it
 * @returns undefined if no host has any part of the set any more
 */
export function observed(
  properties: WireObject,
  desired: Desired,
  known: Known,
  { seen, ways, saved }: { seen: ReadonlyMap<string, Seen> } & Pick<FleetRecord, "ways" | "saved">,
): WireObject | undefined {
  const names = Object.keys(ways);
  const isGone = (name: string) => {
    if (!seen.has(name)) return false;
    const facts = seen.get(name);
    if (!facts) return desired.manager === "user";
    return !facts.set && !desired.files.some(({ path }) => facts.files.get(path)?.type === "file");
  };
  if (names.length === 0 || names.every(isGone)) return undefined;
  const dropIns = knownDropIns(properties);
  const drifted = new Map<string, string>();
  const exceptions = new Map<string, HostException>();
  for (const name of names) {
    const exception = known.exceptions[name];
    if (!seen.has(name)) {
      const before = known.drift[name];
      if (before !== undefined) drifted.set(name, before);
      if (exception) exceptions.set(name, exception);
      continue;
    }
    const facts = seen.get(name);
    const found = isGone(name) ? [{ what: "nothing is left of", where: desired.name }] : findings(facts);
    if (facts?.set?.unfinished) exceptions.set(name, { has: "unknown", why: interrupted });
    // A host with an old version differs in too much to list.
    else if (exception && isOlder(exception) && found.length > 0) exceptions.set(name, exception);
    if (found.length > 0 && !(exception && isOlder(exception))) drifted.set(name, driftLine(found));
  }
  return withFleet(properties, {
    ways,
    saved,
    exceptions: Object.fromEntries(exceptions),
    drift: Object.fromEntries(drifted),
  });

  function findings(facts: Seen): Finding[] {
    if (!facts) return [{ what: "no account", where: desired.account ?? "" }];
    return drift(facts, fill(desired, facts), dropIns);
  }
}

/** The note that a deploy has left the host half done. */
const interrupted = "a deploy was interrupted there, and is not rolled back yet";

/** Whether a host has the previous version or nothing, according to the state. */
export function isOlder({ has }: HostException): boolean {
  return has === "old" || has === "nothing";
}

/** The drop-ins that existed after the last operation. An `up` records them and leaves them alone. */
export function knownDropIns(properties: WireObject): string[] {
  const states = Object.values(revealObject(properties).unitStates ?? {}) as { dropIns?: string[] }[];
  return states.flatMap(({ dropIns = [] }) => dropIns);
}

/** About how many characters a note may have: it is printed in one line. */
const limit = 300;

/**
 * What differs on a host, in one line that has at least the first difference.
 *
 * ```ts
 * // "not running: web.service; edited: /etc/a, /etc/b; and 12 more"
 * ```
 */
export function driftLine(found: readonly Finding[]): string {
  let shown = found.length;
  while (shown > 1 && line(found, shown).length > limit) shown -= 1;
  return line(found, shown);
}

function line(found: readonly Finding[], shown: number): string {
  const groups = Map.groupBy(found.slice(0, shown), ({ what }) => what);
  const parts = [...groups].map(
    ([what, same]) => `${printable(what)}: ${same.map(({ where }) => printable(where)).join(", ")}`,
  );
  return [...parts, ...(shown < found.length ? [`and ${found.length - shown} more`] : [])].join("; ");
}
