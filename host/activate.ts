import { type Action, isSocket, runs } from "./changes.ts";
import { type Desired, type DesiredFile, type DesiredService, unitAt } from "./desired.ts";
import type { Facts } from "./facts.ts";
import type { Handover } from "./stand-ins.ts";
import { type Step, step } from "./step.ts";

/** What the steps of {@link activate} follow from. */
export interface Changes {
  facts: Facts;
  desired: Desired;
  todo: ReadonlyMap<string, Action>;
  payload: readonly DesiredFile[];
  /** Paths of files that are no longer wanted. */
  stale: readonly string[];
  handed: readonly Handover[];
}

/**
 * Stops and removes what is no longer wanted: sockets first, or a request would start their service again.
 *
 * @param later whether a handover stops them, once it has taken over: their service is to go on
 */
export function retire(facts: Facts, desired: Desired, stale: readonly string[], later: boolean): Step[] {
  const units = staleUnits(desired, stale);
  const steps = later ? [] : stopAll(socketsFirst(units.map(({ unit }) => ({ unit }))));
  for (const { unit } of units.filter(({ file, unit }) => file === unit))
    steps.push(step("disable", `disabling ${unit}`, unit));
  for (const path of stale)
    if (facts.files.get(path)?.type !== "absent") steps.push(step("remove", `removing ${path}`, path));
  return steps;
}

/** Everything from the new files on the host to the new version that serves. */
export function activate(changes: Changes): Step[] {
  const { facts, desired, todo, stale, handed } = changes;
  const sockets = desired.services.filter(({ unit }) => isSocket(unit));
  // One that has another address now can't be started before it was stopped.
  const reopened = sockets.filter(
    ({ unit }) => todo.get(unit) === "restart" || (todo.get(unit) === "start" && isUp(facts, unit)),
  );
  const gone = staleUnits(desired, stale).map(({ unit }) => ({ unit }));
  const enabled = enablement(facts, desired);
  const reload = enabled.length > 0 || needsReload(changes);
  return [
    ...(handed.length > 0 ? [] : stopAll(reopened)),
    ...enabled,
    ...(reload ? [step("daemon_reload", "reloading systemd")] : []),
    ...(handed.length > 0 ? handOver(changes, [...reopened, ...gone]) : start(changes)),
    ...gone.map(({ unit }) => step("reset_failed", `forgetting ${unit}`, unit)),
    ...verify(todo),
    ...handed.flatMap(({ standIn }) => [
      step("return", `stopping ${standIn.unit}`, standIn.unit),
      step("unlend", `removing ${standIn.unit}`, standIn.path),
    ]),
    ...(handed.length > 0 ? [step("daemon_reload", "reloading systemd")] : []),
  ];
}

function enablement(facts: Facts, desired: Desired): Step[] {
  return desired.services.flatMap(({ unit, enabled }) => {
    const isEnabled = facts.units.get(unit)?.enabled === "enabled";
    if (enabled === isEnabled) return [];
    return [enabled ? step("enable", `enabling ${unit}`, unit) : step("disable", `disabling ${unit}`, unit)];
  });
}

function needsReload({ facts, desired, payload, stale }: Changes): boolean {
  const touched = [...stale, ...payload.map(({ path }) => path)];
  return (
    touched.some((path) => unitAt(desired.manager, path) !== undefined) ||
    // Somebody else has changed a file of a unit of ours.
    [...facts.units.values()].some((unit) => unit.needsReload)
  );
}

/** Starts, restarts and reloads, each service with its sockets open where they did not change. */
function start({ desired, todo }: Changes): Step[] {
  const opens = desired.services.some(({ unit }) => isSocket(unit) && (todo.get(unit) ?? "none") !== "none");
  const steps: Step[] = [];
  for (const [unit, action] of todo)
    if (opens && !isSocket(unit) && action === "restart") steps.push(...stopAll([{ unit }]));
  for (const { unit } of socketsFirst(desired.services)) {
    const action = todo.get(unit) ?? "none";
    if (action === "none") continue;
    if (action === "reload") steps.push(step("reload", `reloading ${unit}`, unit));
    else if (action === "start" || isSocket(unit) || opens)
      steps.push(step("start", `starting ${unit}`, unit));
    else steps.push(step("restart", `restarting ${unit}`, unit));
  }
  return steps;
}

/**
 * The new version begins beside the old one, on the sockets that stay open; then the service itself changes over.
 *
 * @param closing sockets that are closed on the way. They are stopped together with their service, so that no request can
 *   start it in between.
 */
function handOver({ desired, todo, handed }: Changes, closing: readonly { unit: string }[]): Step[] {
  const action = (unit: string) => todo.get(unit) ?? "none";
  const opens = desired.services.filter(({ unit }) => isSocket(unit) && action(unit) !== "none");
  const isHanded = (unit: string) => handed.some(({ service }) => service === unit);
  const others = desired.services.filter(
    ({ unit }) => !isSocket(unit) && !isHanded(unit) && action(unit) !== "none",
  );
  const begin = handed.map(({ service, standIn }) =>
    step("handover", `handing ${service} over to its new version`, standIn.unit),
  );
  const services = handed.map(({ service }) => ({ unit: service }));
  if (closing.length === 0 && opens.length === 0)
    return [
      ...begin,
      ...services.map(({ unit }) => step("restart", `restarting ${unit}`, unit)),
      ...others.map(({ unit }) => act(unit, action(unit))),
    ];
  const stopped = [...services, ...others.filter(({ unit }) => action(unit) === "restart")];
  return [
    ...begin,
    ...stopAll([...stopped, ...closing]),
    ...[...opens, ...stopped].map(({ unit }) => act(unit, "start")),
    ...others.filter((other) => !stopped.includes(other)).map(({ unit }) => act(unit, action(unit))),
  ];
}

function act(unit: string, action: Action): Step {
  const says = { none: "leaving", start: "starting", restart: "restarting", reload: "reloading" }[action];
  return step(action, `${says} ${unit}`, unit);
}

function verify(todo: ReadonlyMap<string, Action>): Step[] {
  const touched = [...todo].filter(([, action]) => action !== "none");
  const started = touched.some(([unit, action]) => !isSocket(unit) && action !== "reload");
  return [
    ...(started ? [step("settle", "waiting a moment")] : []),
    ...touched.map(([unit, action]) =>
      step("verify", `verifying ${unit}`, unit, action === "reload" ? "touched" : "started"),
    ),
  ];
}

/** In one call, so that none of them starts another again. */
function stopAll(units: readonly { unit: string }[]): Step[] {
  const names = units.map(({ unit }) => unit);
  return names.length === 0 ? [] : [step("stop", `stopping ${names.join(", ")}`, names.join(" "))];
}

function staleUnits(desired: Desired, stale: readonly string[]): { file: string; unit: string }[] {
  return stale
    .flatMap((path) => unitAt(desired.manager, path) ?? [])
    .map((file) => ({ file, unit: runs(file) }));
}

function socketsFirst<T extends Pick<DesiredService, "unit">>(units: readonly T[]): T[] {
  return [...units.filter(({ unit }) => isSocket(unit)), ...units.filter(({ unit }) => !isSocket(unit))];
}

function isUp(facts: Facts, unit: string): boolean {
  return facts.units.get(unit)?.active === "active";
}
