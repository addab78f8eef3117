import type { HostException } from "../resources/contract.ts";
import type { Has } from "../rollout/member.ts";
import type { Way, Ways } from "./where.ts";

/** The hosts of a set as the state knows them: those that have it, or may have a part of it. */
export interface Known {
  readonly ways: Ways;
  /** Name → where the host was then. */
  readonly where: Readonly<Record<string, string>>;
  /** Hosts that do not have what the other hosts have. */
  readonly exceptions: Readonly<Record<string, HostException>>;
  /** Host → the differences that the last refresh found there. */
  readonly drift: Readonly<Record<string, string>>;
}

export const nothingKnown: Known = { ways: {}, where: {}, exceptions: {}, drift: {} };

/** One host in an operation. */
export interface Part {
  readonly name: string;
  /** The host's name in the state, if it has the set. It may be a former name. */
  readonly knownAs?: string;
  readonly way: Way;
  /** Whether the set is removed from the host. */
  readonly leaves: boolean;
  /** The set is removed because the host has another address now. It may still be the same machine. */
  readonly isFormerAddress?: true;
  /** What the host has, according to the state. */
  readonly has: Has;
}

export interface Fleet {
  readonly parts: readonly Part[];
  /** Hosts with something to do that are "offline": they are not contacted. */
  readonly absent: readonly Part[];
  /** Hosts with nothing left to do. */
  readonly settled: readonly Part[];
}

/**
 * What an operation does with each host. Pure.
 *
 * @param ways the hosts that should have the set
 * @param isOther whether the content differs from what the state says: otherwise only hosts with something to do take part
 */
export function fleetOf(ways: Ways, known: Known, isOther: boolean): Fleet {
  const staying = Object.entries(ways)
    .filter(([, { host }]) => host.state !== "retired")
    .map(([name, way]): Part => {
      const knownAs = nameIn(known, name, ways);
      const has = knownAs === undefined ? "nothing" : (known.exceptions[knownAs]?.has ?? "old");
      return { name, way, leaves: false, has, ...(knownAs === undefined ? {} : { knownAs }) };
    });
  const leaving = leavingOf(ways, known);
  const isDue = ({ name, way }: Part) =>
    isOther ||
    known.where[name] !== way.at ||
    known.exceptions[name] !== undefined ||
    known.drift[name] !== undefined;
  const isRetiring = ([name, { host }]: [string, Way]) =>
    host.state === "retired" && known.where[name] !== undefined;
  // If nothing is known to be due, the engine repeats an update that did not finish. Then all hosts take part.
  const isRepeat = leaving.length === 0 && !staying.some(isDue) && !Object.entries(ways).some(isRetiring);
  const [due, settled] = isRepeat
    ? [staying, []]
    : [staying.filter(isDue), staying.filter((part) => !isDue(part))];
  const isAway = ({ way: { host } }: Part) => host.state === "offline";
  return {
    parts: [...due.filter((part) => !isAway(part)), ...leaving],
    absent: due.filter(isAway),
    settled,
  };
}

/** Hosts in the state that should no longer have the set. A host that was only renamed is not one of them. */
function leavingOf(ways: Ways, known: Known): Part[] {
  const places = new Set(Object.values(ways).map(({ at }) => at));
  return Object.entries(known.where).flatMap(([name, at]) => {
    const [before, now] = [known.ways[name], ways[name]];
    if (before === undefined || places.has(at)) return [];
    const leaver = { knownAs: name, way: before, leaves: true, has: "old" as const };
    if (now === undefined) return [{ name, ...leaver }];
    return isSameAddress(before, now)
      ? []
      : [{ name: `${name} (${at})`, ...leaver, isFormerAddress: true as const }];
  });
}

/** With another port or jump host it is most likely still the same host. */
function isSameAddress(one: Way, other: Way): boolean {
  return one.host.address === other.host.address;
}

/**
 * The name in the state of a host that has the set: its present name or a former one. A new machine may have the address of a retired host,
 * so the names of retired hosts are ignored.
 */
function nameIn({ where, ways }: Known, name: string, now: Ways): string | undefined {
  const way = now[name];
  const before = where[name] === undefined ? undefined : ways[name];
  if (way && before && isSameAddress(before, way)) return name;
  return Object.keys(where).find(
    (other) => ways[other] !== undefined && where[other] === way?.at && now[other]?.host.state !== "retired",
  );
}
