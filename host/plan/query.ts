import { listens } from "../../units/socket-addresses.ts";
import { isQuadlet, isSocket, isTemplate } from "../../units/kinds.ts";
import { formerUnit, madeUnits, unitsOf } from "./changes.ts";
import { type Desired, unitDirectories } from "../desired.ts";
import { sha256 } from "../digest.ts";
import type { Facts, Query } from "../facts/facts.ts";
import { newContainers } from "./foreign.ts";
import { standInUnits } from "./refusals.ts";

/** What to look at for a set: its files, its units, and who has its ports. */
export function queryFor(desired: Desired, known: readonly string[]): Query {
  const wanted = desired.files.map(({ path, content }): [string, string] => [path, sha256(content)]);
  const ports = desired.files.flatMap(({ unit, content }): [string, number][] =>
    unit === undefined || !isSocket(unit)
      ? []
      : listens(content, unit).flatMap(({ address }): [string, number][] =>
          address.family === "unix" ? [] : [[unit, address.port]],
        ),
  );
  return {
    files: new Map([
      // These contents are sent: a socket's address tells whether its port will be free, and ServiceName= tells a quadlet's unit.
      ...known.map((path): [string, string] => [path, isSocket(path) || isQuadlet(path) ? "none" : "any"]),
      ...wanted,
    ]),
    units: [...unitsOf(desired, known), ...madeUnits(desired).filter(isTemplate), ...standInUnits(desired)],
    ports,
    labels: [...new Set(desired.checks.flatMap(({ mounts }) => Object.keys(mounts)))],
    real: unitDirectories(desired),
  };
}

/** What to look at to find how a host differs: the whole set, and whether images were replaced, but no ports. */
export function lookQuery(desired: Desired): Query {
  const files = new Map(desired.files.map(({ path }) => [path, "any"]));
  return { ...queryFor(desired, []), files, ports: [], images: true };
}

/** Services whose containers the rehearsal of a reload can be modelled on: see mimics.ts. */
export function reloadable({ services }: Desired): string[] {
  return services.flatMap(({ unit, handover, reloadOn }) => (handover && reloadOn.length > 0 ? [unit] : []));
}

/**
 * What else to look at after the first facts: units that only the set's mark knows, and containers if some may be in the way. Returns
 * undefined when nothing more is needed, the usual case.
 */
export function furtherQuery(facts: Facts, desired: Desired): Query | undefined {
  const paths = [...(facts.set?.paths ?? []), ...facts.files.keys()];
  const former = paths.flatMap((path) => formerUnit(desired, path, facts) ?? []);
  const units = [...new Set(former)].filter((unit) => !isTemplate(unit) && !facts.units.has(unit));
  const containers = newContainers(facts, desired);
  if (units.length === 0 && containers.length === 0) return undefined;
  return { files: new Map(), units, containers };
}

/** Adds the answer to a further query. */
export function addFacts(facts: Facts, { units, containers }: Facts): void {
  for (const [unit, fact] of units) facts.units.set(unit, fact);
  for (const [podman, found] of containers) facts.containers.set(podman, found);
}
