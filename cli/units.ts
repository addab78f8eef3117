import { unitNamed, unitsOf } from "../host/attended/sources.ts";
import { naturally } from "../rollout/fold.ts";
import { nameOf } from "./sites.ts";
import type { DeployedSet } from "./stack.ts";
import { Stop } from "./stop.ts";

/**
 * The unit with a name such as "www" or "www.service".
 *
 * @param sets those of one site
 * @param ofSet the units of a set from which it is chosen
 * @throws Stop if there is no such unit
 */
export function chosenUnit(
  sets: readonly DeployedSet[],
  name: string,
  ofSet: (desired: DeployedSet["desired"]) => string[] = unitsOf,
): string {
  const units = sets.flatMap(({ desired }) => ofSet(desired));
  const unit = unitNamed(name, units);
  if (unit !== undefined) return unit;
  throw new Stop(
    `${nameOf(sets)} has no unit "${name}".\nIt has: ${units.toSorted(naturally).join(", ") || "none"}`,
  );
}
