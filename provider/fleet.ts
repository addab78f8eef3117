import type { HostException } from "../resources/contract.ts";
import type { Has } from "../rollout/member.ts";
import type { Way, Ways } from "./where.ts";

/** The hosts of a set as the state knows them: those that have it, or may have a part of it. */
export interface Known {
  readonly ways: Ways;
  /** Name → where it was then. */
  readonly where: Readonly<Record<string, string>>;
  /** Hosts that do not have what the rest has. */
  readonly exceptions: Readonly<Record<string, HostException>>;
  /** Host → the differences that the last refresh found there. */
  readonly drift: Readonly<Record<string, string>>;
}

export const nothingKnown: Known = { ways: {}, where: {}, exceptions: {}, drift: {} };

/** One host in an operation. */
export interface Part {
  readonly name: string;
  /** How the state calls the host, if it has the set: it may have had another name. */
  readonly knownAs?: string;
  readonly way: Way;
  /** The set is removed from it. */
  readonly leaves: boolean;
  /** It leaves because its host has another address now, which may still be the same machine. */
  readonly isFormerAddress?: true;
  /** According to the state. */
  readonly has: Has;
}

export interface Fleet {
  readonly parts: readonly Part[];
  /** Hosts with something to do that are "offline": they are not contacted. */
  readonly absent: readonly Part[];
  /** Hosts that have all of it already. */
  readonly settled: readonly Part[];
}

/**
 * What an operation does with each host. Pure.
 *
 * @param ways the hosts that shall have the set
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
  // Where nothing is known to be due, the engine repeats an update that did not finish: it looks at all hosts.
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

/** Hosts that the state knows and that shall not have the set any more. A host that only has another name now is none of them. */
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

/** Another port or jump host is another way to the same host, most likely. */
function isSameAddress(one: Way, other: Way): boolean {
  return one.host.address === other.host.address;
}

/** How the state calls a host that has the set: by its name or a former one. A new machine may have the address of a retired host. */
function nameIn({ where, ways }: Known, name: string, now: Ways): string | undefined {
  const way = now[name];
  const before = where[name] === undefined ? undefined : ways[name];
  if (way && before && isSameAddress(before, way)) return name;
  return Object.keys(where).find(
    (other) => ways[other] !== undefined && where[other] === way?.at && now[other]?.host.state !== "retired",
  );
}
