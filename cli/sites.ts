import { HostError, messageOf, printable } from "../host/errors.ts";
import type { Target } from "../host/ssh/endpoint.ts";
import { targetOf } from "../provider/target.ts";
import { naturally } from "../rollout/fold.ts";
import type { Report } from "./report.ts";
import type { DeployedSet } from "./stack.ts";
import { Stop } from "./stop.ts";

/**
 * The sets with these names.
 *
 * @throws Stop for a name that is not deployed
 */
export function setsOf(sets: readonly DeployedSet[], names: readonly string[]): DeployedSet[] {
  const known = sets.map(({ desired }) => desired.name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const all = [...new Set(known)].sort(naturally).join(", ");
    const has = all === "" ? "Nothing of it is deployed: run `pulumi up` first." : `Deployed are: ${all}`;
    throw new Stop(`The stack has no site "${unknown.join('" or "')}".\n${has}`);
  }
  return sets.filter(({ desired }) => names.includes(desired.name));
}

/** The hosts that have the set, and those that should have it but do not yet. */
export function hostsOf({ known: { where, exceptions } }: DeployedSet): string[] {
  return [...new Set([...Object.keys(where), ...Object.keys(exceptions)])].sort(naturally);
}

/**
 * The chosen hosts of these sets of one site.
 *
 * @param names empty for all hosts
 * @throws Stop for a host that has none of the sets
 */
export function chosenHosts(sets: readonly DeployedSet[], names: readonly string[]): string[] {
  const known = [...new Set(sets.flatMap(hostsOf))].sort(naturally);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Stop(
      `${nameOf(sets)} is not on a host "${unknown.join('" or "')}".\nIt is on: ${known.join(", ") || "none"}`,
    );
  return names.length === 0 ? known : known.filter((host) => names.includes(host));
}

/** The name of the site to which all of these sets belong. */
export function nameOf(sets: readonly DeployedSet[]): string {
  return sets[0]?.desired.name ?? "The site";
}

/**
 * How to log in to a host of a set.
 *
 * - "offline": the inventory says so.
 * - "unknown way": the state does not say.
 */
export function wayTo({ known, credentials }: DeployedSet, host: string): Target | "offline" | "unknown way" {
  const way = known.ways[host];
  if (!way) return "unknown way";
  return way.host.state === "offline" ? "offline" : targetOf(credentials, way.host, host);
}

/** The sets on these hosts, and how to log in to each host. The report gets the hosts that are left out, with the reason. */
export function waysTo(
  sets: readonly DeployedSet[],
  hosts: readonly string[],
  report: Report,
): { set: DeployedSet; host: string; target: Target }[] {
  const left = new Map<string, "offline" | "unknown way">();
  const ways = hosts.flatMap((host) =>
    sets
      .filter((set) => hostsOf(set).includes(host))
      .flatMap((set) => {
        const target = wayTo(set, host);
        if (typeof target !== "string") return [{ set, host, target }];
        left.set(host, target);
        return [];
      }),
  );
  for (const [host, why] of left) {
    if (why === "offline") report.note(host, "it was not asked, because the stack says that it is offline.");
    else report.failed(host, "it is not deployed there yet.");
  }
  return ways;
}

/** Why a host was not reached. */
export function whyNot(thrown: unknown): string {
  return thrown instanceof HostError ? thrown.withoutHost : printable(messageOf(thrown));
}
