import type { Desired } from "../host/desired.ts";
import { printable } from "../host/errors.ts";
import type { Facts } from "../host/facts/facts.ts";
import { type Finding, drift } from "../host/plan/drift.ts";
import { fill } from "../host/plan/placeholders.ts";
import { type Target, endpointName } from "../host/ssh/endpoint.ts";
import { type WireObject, revealObject } from "./wire.ts";

type Place = Pick<Target, "address" | "port" | "user">;

/**
 * The outputs of before with what a refresh has to say of the host: `drift`, what differs there, and `pending`, that an `up` was
 * interrupted. Everything else stays as the last operation has left it.
 *
 * @param desired the set as the last operation has left it
 * @param facts undefined where the account is gone
 * @returns undefined where nothing of the set is there any more
 */
export function observedOutputs(
  properties: WireObject,
  desired: Desired,
  where: Place,
  facts: Facts | undefined,
): WireObject | undefined {
  const { drift: _, pending, unseen, ...kept } = properties;
  void [_, pending, unseen];
  const isThere = desired.files.some(({ path }) => facts?.files.get(path)?.type === "file");
  if (facts && !facts.set && !isThere) return undefined;
  const found = facts
    ? drift(facts, fill(desired, facts), knownDropIns(properties))
    : [{ what: "no account", where: desired.account ?? "" }];
  return {
    ...kept,
    ...(found.length > 0 ? { drift: { [where.address]: driftLine(found) } } : {}),
    ...interrupted(where, facts),
  };
}

/** The note that a deploy has left the host half done. */
export function interrupted(where: Place, facts: Facts | undefined): { pending?: string } {
  if (!facts?.set?.unfinished) return {};
  return { pending: `${endpointName(where)}: a deploy was interrupted there, and is not rolled back yet.` };
}

/** The drop-ins that were there after the last operation: an `up` takes note of them, and leaves them alone. */
function knownDropIns(properties: WireObject): string[] {
  const states = Object.values(revealObject(properties).unitStates ?? {}) as { dropIns?: string[] }[];
  return states.flatMap(({ dropIns = [] }) => dropIns);
}

/** Characters of a note, more or less: it is printed in one line. */
const limit = 300;

/** The first line of a message, which says which host, and what was wrong. */
export function firstLine(message: string): string {
  const [line = ""] = message.split("\n");
  return line.length > limit ? `${line.slice(0, limit)}…` : line;
}

/**
 * What differs on a host, in one line that holds at least the first of it.
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
    ([what, same]) => `${what}: ${same.map(({ where }) => printable(where)).join(", ")}`,
  );
  return [...parts, ...(shown < found.length ? [`and ${found.length - shown} more`] : [])].join("; ");
}
