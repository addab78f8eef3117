import { plainName } from "../account-units.ts";
import type { Desired, DesiredFile, DesiredService } from "../desired.ts";
import { ownerName } from "../owner.ts";
import { madeUnits } from "./changes.ts";
import { sha256 } from "../digest.ts";
import type { Facts } from "../facts/facts.ts";

/** One difference between a host and what is desired there. */
export interface Finding {
  /** In a few words. Never the content of a file, nor its digest: it may be a secret. */
  what: string;
  /** The unit, the path or the account. */
  where: string;
}

/**
 * All differences on a host: those that the plan would repair, and drop-ins, which it leaves alone. Units come first. Pure.
 *
 * @param known drop-ins that were there at the last operation
 */
export function drift(facts: Facts, desired: Desired, known: readonly string[]): Finding[] {
  const at = (where: string, found: readonly string[]) => found.map((what): Finding => ({ what, where }));
  const ofUnit = (unit: string, found: readonly string[]) => at(plainName(unit), found);
  const units = desired.services.map(({ unit }) => unit);
  const dropIns = new Set(units.flatMap((unit) => facts.units.get(unit)?.dropIns ?? []));
  return [
    ...takenOver(facts, desired),
    ...desired.services.flatMap((service) => ofUnit(service.unit, unitDrift(service, facts))),
    ...installed(desired).flatMap((unit) => ofUnit(unit, hasFailed(facts, unit) ? ["failed"] : [])),
    ...[...dropIns].filter((path) => !known.includes(path)).flatMap((path) => at(path, ["new drop-in"])),
    ...(desired.linger && !facts.lingers ? at(desired.account ?? "", ["no lingering"]) : []),
    ...desired.files.flatMap((file) => at(file.path, fileDrift(file, desired, facts))),
    ...leftOver(facts, desired).flatMap((path) => at(path, ["left over"])),
    ...[...facts.units]
      .filter(([unit, { needsReload }]) => needsReload && !units.includes(unit))
      .flatMap(([unit]) => ofUnit(unit, [readBefore])),
  ];
}

/** Another resource, for example of another stack, has the set now: an `up` is refused, and a destroy leaves the set alone. */
function takenOver({ set }: Facts, { owner, formerOwners }: Desired): Finding[] {
  if (!set || [owner, ...formerOwners].includes(set.owner)) return [];
  return [{ what: "taken over by", where: ownerName(set.owner) }];
}

/** Units that something else starts now and then, for example a timer. */
function installed(desired: Desired): string[] {
  return madeUnits(desired).filter((made) => !desired.services.some(({ unit }) => unit === made));
}

function hasFailed({ units }: Facts, unit: string): boolean {
  const fact = units.get(unit);
  return fact?.active === "failed" || fact?.restarting === true;
}

/** Files that the set's own mark names and the state does not: an `up` finished on the host, and its answer was lost. */
function leftOver({ set }: Facts, { owner, files }: Desired): string[] {
  if (set?.owner !== owner) return [];
  return set.paths.filter((path) => !files.some((file) => file.path === path));
}

const readBefore = "systemd has read an older version";

export function fileDrift(file: DesiredFile, desired: Desired, facts: Facts): string[] {
  const fact = facts.files.get(file.path);
  if (fact === undefined || fact.type === "absent") return ["gone"];
  if (fact.type !== "file") return ["no regular file"];
  return [
    ...(fact.sha256 === sha256(file.content) ? [] : ["edited"]),
    ...(fact.mode === file.mode ? [] : [`mode ${fact.mode}`]),
    ...(fact.uid === ownerOf(file, desired, facts) ? [] : [`owner UID ${fact.uid}`]),
  ];
}

/** Files in "~/" belong to the account, all others to the user who runs the manager. */
function ownerOf({ path }: DesiredFile, { manager }: Desired, { uid }: Facts): number {
  return manager === "user" || path.startsWith("~/") ? uid : 0;
}

function unitDrift({ unit, active, enabled, reloadOn, restartOn }: DesiredService, facts: Facts): string[] {
  const fact = facts.units.get(unit);
  // A unit that has ended and waits for a restart does not run: it may end again and again.
  const isRunning = isActive(facts, unit) && !fact?.restarting;
  const isEnabled = fact?.enabled === "enabled";
  return [
    // A unit that need not run may run.
    ...(active && !isRunning ? ["not running"] : []),
    ...(enabled === isEnabled ? [] : [isEnabled ? "enabled" : "disabled"]),
    ...(newerFiles(facts, unit, [...reloadOn, ...restartOn]).length > 0 ? ["runs with older files"] : []),
    ...(active && facts.replacedImages.has(plainName(unit)) ? ["runs a replaced image"] : []),
    ...(fact?.needsReload ? [readBefore] : []),
  ];
}

export function isActive(facts: Pick<Facts, "units">, unit: string): boolean {
  const active = facts.units.get(unit)?.active;
  return active === "active" || active === "activating" || active === "reloading";
}

/** Keys of files that are newer than what a running service has read. */
export function newerFiles(
  facts: Pick<Facts, "files" | "units">,
  unit: string,
  keys: readonly string[],
): string[] {
  const state = facts.units.get(unit);
  if (state?.active !== "active" || state.changed === 0) return [];
  return keys.filter((key) => (facts.files.get(key)?.modified ?? 0) > state.changed);
}
