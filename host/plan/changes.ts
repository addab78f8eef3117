import { isSocket, isTemplate, kindOf, stemOf } from "../../units/kinds.ts";
import { sameEffect } from "../../units/same-effect.ts";
import { assignmentsOf } from "../../units/values.ts";
import { besides, madeUnit } from "../account-units.ts";
import { type Desired, type DesiredFile, type DesiredService, unitAt } from "../desired.ts";
import type { Facts } from "../facts/facts.ts";

/**
 * How one file changes: "same"; "cosmetic" (a comment, a Description: nothing that runs would notice); "effect".
 * A file that was not there before is "effect".
 */
export type Change = "same" | "cosmetic" | "effect";

/** What is done to one unit. */
export type Action = "none" | "start" | "reload" | "restart";

/** @param before the text that is there now, or undefined if there is none. */
export function changeOf(file: DesiredFile, before: string | undefined): Change {
  if (before === file.content) return "same";
  if (before === undefined || file.unit === undefined) return "effect";
  return sameEffect(before, file.content, file.unit) ? "cosmetic" : "effect";
}

/**
 * The least action for each unit of a set, from all changes together. Pure, so that a preview says the same.
 *
 * @param changes key of a file → how it changes
 * @param isActive whether a unit runs now
 */
export function actions(
  desired: Desired,
  changes: ReadonlyMap<string, Change>,
  isActive: (unit: string) => boolean,
): Map<string, Action> {
  const has = (keys: readonly string[]) => keys.some((key) => changes.get(key) === "effect");
  const result = new Map<string, Action>();
  const wanted = desired.services.filter(({ active }) => active);
  for (const service of wanted) {
    const own = ownFiles(desired, service);
    if (!isActive(service.unit)) result.set(service.unit, "start");
    else if (has([...own, ...service.restartOn])) result.set(service.unit, "restart");
    else if (has(service.reloadOn)) result.set(service.unit, "reload");
    else result.set(service.unit, "none");
  }
  // A unit that need not run gets the new version if it runs.
  for (const service of desired.services.filter(({ active }) => !active)) {
    const own = ownFiles(desired, service);
    if (!isActive(service.unit)) continue;
    if (has([...own, ...service.restartOn])) result.set(service.unit, "restart");
    else if (has(service.reloadOn)) result.set(service.unit, "reload");
  }
  // A socket can't be started while its service runs (systemd.socket(5)), and the service has to be handed the new one.
  for (const socket of wanted.filter(({ unit }) => isSocket(unit))) {
    if (result.get(socket.unit) === "none") continue;
    const service = triggered(desired, socket);
    if (service !== undefined && result.has(service) && isActive(service)) result.set(service, "restart");
  }
  return result;
}

function ownFiles(desired: Desired, service: DesiredService): string[] {
  return desired.files
    .filter(({ unit, content }) => unit !== undefined && madeUnit(unit, content) === service.unit)
    .map(({ key }) => key);
}

/**
 * The service that a socket of the set starts: the last Service= that names a service, as systemd ignores any other (systemd.socket(5)).
 */
export function triggered(desired: Desired, socket: DesiredService): string | undefined {
  const file = desired.files.find(({ unit }) => unit === socket.unit);
  if (!file) return undefined;
  const named = assignmentsOf(file.content, file.key, "Socket").findLast(
    ({ key, value }) => key === "Service" && kindOf(value) === "service",
  );
  return named === undefined ? `${stemOf(socket.unit)}.service` : besides(socket.unit, named.value);
}

/**
 * The names that systemd has for a set's units: those of its files, of its former files, and of its services.
 *
 * @param paths files that were the set's own until now
 * @param facts left out if the host was not looked at yet: a ServiceName= that only the host has is then not known
 */
export function unitsOf(desired: Desired, paths: readonly string[], facts?: Facts): string[] {
  const before = paths.flatMap((path) => formerUnit(desired, path, facts) ?? []);
  const units = [...madeUnits(desired), ...before, ...desired.services.map(({ unit }) => unit)];
  return [...new Set(units.filter((unit) => !isTemplate(unit)))];
}

/** The unit that systemd has of a file that is on the host now; undefined if the path is not a unit's. */
export function formerUnit(desired: Desired, path: string, facts?: Facts): string | undefined {
  const file = unitAt(desired, path);
  if (file === undefined) return undefined;
  const fact = facts?.files.get(path);
  // The host does not send the content if it is as desired.
  const text = fact?.content?.toString("utf8") ?? desired.files.find((one) => one.path === path)?.content;
  return text === undefined ? (facts?.set?.units?.get(path) ?? madeUnit(file, text)) : madeUnit(file, text);
}

/** The units of a set's files, templates included. */
export function madeUnits({ files }: Desired): string[] {
  const units = files.flatMap(({ unit, content }) => (unit === undefined ? [] : [madeUnit(unit, content)]));
  return [...new Set(units)];
}
