import { tooNew } from "../units/versions.ts";
import { type Action, type Change, actions, changeOf, isSocket, runs } from "./changes.ts";
import { type Desired, type DesiredFile, type DesiredService, unitAt, unitDirectory } from "./desired.ts";
import { sha256 } from "./digest.ts";
import type { FileFact, Facts } from "./facts.ts";

/** One step of the script: the function `step_VERB` of scripts/transaction/ with its arguments. */
export interface Step {
  verb: string;
  args: string[];
  /** What it does, for the status line and for errors: "pulling docker.io/library/nginx:latest". */
  says: string;
}

export interface Plan {
  /** Why nothing can be done, each with its cure. With these there are no steps. */
  refusals: string[];
  steps: Step[];
  /** The files that the put steps refer to by their index. */
  payload: DesiredFile[];
  /** Paths that are the set's own: while the steps run, and after them. */
  owned: { begin: string[]; commit: string[] };
}

/**
 * What to do so that the host gets what is desired: facts in, steps out, and no steps where all is as it should be. Pure.
 *
 * @param known paths that were observed as the set's own (an import has no mark on the host yet)
 * @param before the services as they were desired last: what a file that is gone was for
 */
export function plan(
  facts: Facts,
  desired: Desired,
  known: readonly string[],
  before: readonly DesiredService[] = [],
): Plan {
  const marked =
    facts.set !== undefined && [desired.owner, ...desired.formerOwners].includes(facts.set.owner);
  // Somebody else has taken the set over: for us it is gone.
  if (desired.files.length === 0 && facts.set && !marked) return nothing;
  const own = new Set([...(marked ? (facts.set?.paths ?? []) : []), ...known]);
  const refusals = refuse(facts, desired, own, marked);
  const wanted = new Set(desired.files.map(({ path }) => path));
  const stale = [...own].filter((path) => !wanted.has(path));
  const owned = { begin: [...wanted, ...stale], commit: [...wanted] };
  if (refusals.length > 0) return { refusals, steps: [], payload: [], owned };

  const payload = desired.files.filter((file) => differs(file, facts.files.get(file.path), facts.uid));
  const changes = new Map(
    desired.files.map((file) => [file.key, changeIn(file, facts, payload.includes(file))]),
  );
  // A file that is gone has the effect of a change on what it was for.
  for (const path of stale) changes.set(path, "effect");
  const active = (unit: string) => isActive(facts, unit);
  const todo = actions(
    { ...desired, services: withFormer(desired.services, before, stale) },
    changes,
    active,
  );
  // A run that was interrupted may have written files that no running service has read yet.
  if (facts.set?.unfinished)
    for (const [unit, action] of todo) if (!isSocket(unit) && action !== "start") todo.set(unit, "restart");

  const work = [
    ...pulls(desired, todo),
    ...validations(desired, todo, [...payload.map(({ path }) => path), ...stale]),
    ...payload.map((file, index) => step("put", `writing ${file.path}`, String(index), file.mode, file.path)),
    ...retire(facts, desired, stale),
    ...activate(facts, desired, todo, payload, stale),
  ];
  const settled =
    marked &&
    facts.set?.owner === desired.owner &&
    !facts.set.unfinished &&
    sameMembers(facts.set.paths, owned.commit);
  if (work.length === 0 && settled) return { refusals, steps: [], payload, owned };
  const end = wanted.size > 0 ? step("commit", "committing") : step("forget", "cleaning up");
  const leave = wanted.size === 0 && facts.set === undefined && work.length === 0;
  return { refusals, steps: leave ? [] : [step("begin", "starting"), ...work, end], payload, owned };
}

function step(verb: string, says: string, ...args: string[]): Step {
  return { verb, args, says };
}

const nothing: Plan = { refusals: [], steps: [], payload: [], owned: { begin: [], commit: [] } };

function refuse(facts: Facts, desired: Desired, own: ReadonlySet<string>, marked: boolean): string[] {
  const refusals: string[] = [];
  if (desired.files.length > 0 && facts.podman === "" && desired.images.length > 0) {
    refusals.push("podman is not installed. Install it (at least 4.4, for quadlets).");
  }
  if (facts.set && !marked && !desired.adopt) {
    refusals.push(
      `a set named "${desired.name}" is there already; it belongs to ${facts.set.owner}. Choose another name, or take it over with adopt: true.`,
    );
  }
  for (const { path, key, content, unit } of desired.files) {
    const fact = facts.files.get(path);
    const other = facts.others.get(path);
    if (other !== undefined) {
      refusals.push(
        `${path} belongs to the set "${other}" on this host. Take it out there first, in an \`up\` of its own.`,
      );
    } else if (fact && fact.type !== "absent" && fact.type !== "file") {
      refusals.push(
        `${path} is ${fact.type === "link" ? "a symbolic link" : "no regular file"}. Remove it first.`,
      );
    } else if (fact?.type === "file" && !own.has(path) && !desired.adopt) {
      refusals.push(
        `${path} exists and does not belong to this resource. Remove it, or take it over with adopt: true.`,
      );
    }
    if (unit === undefined || facts.podman === "") continue;
    for (const { section, key: name, since } of tooNew(key, content, facts.podman)) {
      refusals.push(
        `${key}: ${name}= in [${section}] needs podman ${since}, and the host has ${facts.podman}. Update podman or leave it out.`,
      );
    }
  }
  return refusals;
}

function differs(file: DesiredFile, fact: FileFact | undefined, uid: number): boolean {
  return (
    fact?.type !== "file" ||
    fact.sha256 !== sha256(file.content) ||
    fact.mode !== file.mode ||
    fact.uid !== uid
  );
}

function changeIn(file: DesiredFile, facts: Facts, written: boolean): Change {
  if (!written) return "same";
  const fact = facts.files.get(file.path);
  if (fact?.type !== "file") return "effect";
  const before = fact.sha256 === sha256(file.content) ? file.content : (fact.content?.toString("utf8") ?? "");
  // Another mode or owner: nginx reads its files again at a reload; systemd does not mind.
  return before === file.content && file.unit === undefined ? "effect" : changeOf(file, before);
}

function pulls(desired: Desired, todo: ReadonlyMap<string, Action>): Step[] {
  const starts = [...todo].some(
    ([unit, action]) => !isSocket(unit) && (action === "start" || action === "restart"),
  );
  if (!starts) return [];
  // Without logins of our own, podman uses those that the host has (containers-auth.json(5)).
  const login = Object.keys(desired.registries).length > 0 ? "login" : "-";
  return desired.images.map(({ reference, pull }) =>
    step("pull", `pulling ${reference}`, pull, reference, login),
  );
}

function validations(
  desired: Desired,
  todo: ReadonlyMap<string, Action>,
  touched: readonly string[],
): Step[] {
  if (desired.files.length === 0) return [];
  const units = touched.some((path) => unitAt(desired.manager, path) !== undefined);
  const restarts = [...todo.values()].some((action) => action === "restart" || action === "start");
  const due = desired.checks.flatMap((check, index) => {
    const changed = touched.some((path) =>
      Object.keys(check.mounts).some((directory) => path.startsWith(`${directory}/`)),
    );
    return changed || restarts ? [step("try", `checking by ${check.name}`, String(index))] : [];
  });
  return [...(units ? [step("validate", "validating the units")] : []), ...due];
}

/** The services with the files that they had before and that are gone now. */
function withFormer(
  services: readonly DesiredService[],
  before: readonly DesiredService[],
  stale: readonly string[],
): DesiredService[] {
  return services.map((service) => {
    const former = before.find(({ unit }) => unit === service.unit);
    const gone = (keys: readonly string[] = []) => keys.filter((key) => stale.includes(key));
    return {
      ...service,
      reloadOn: [...service.reloadOn, ...gone(former?.reloadOn)],
      restartOn: [...service.restartOn, ...gone(former?.restartOn)],
    };
  });
}

/** Stops and removes what is no longer wanted: sockets first, or a request would start their service again. */
function retire(facts: Facts, desired: Desired, stale: readonly string[]): Step[] {
  const units = stale
    .flatMap((path) => unitAt(desired.manager, path) ?? [])
    .map((file) => ({ file, unit: runs(file) }));
  const steps: Step[] = [];
  for (const { unit } of socketsFirst(units)) steps.push(step("stop", `stopping ${unit}`, unit));
  for (const { unit } of units.filter(({ file, unit }) => file === unit))
    steps.push(step("disable", `disabling ${unit}`, unit));
  for (const path of stale) {
    if (facts.files.get(path)?.type !== "absent") steps.push(step("remove", `removing ${path}`, path));
  }
  return steps;
}

function activate(
  facts: Facts,
  desired: Desired,
  todo: ReadonlyMap<string, Action>,
  payload: readonly DesiredFile[],
  stale: readonly string[],
): Step[] {
  const active = (unit: string) => isActive(facts, unit);
  const steps: Step[] = [];
  const sockets = desired.services.filter(({ unit }) => isSocket(unit));
  const reopened = sockets.filter(
    ({ unit }) => todo.get(unit) === "restart" || (todo.get(unit) === "start" && active(unit)),
  );
  for (const { unit } of reopened) steps.push(step("stop", `stopping ${unit}`, unit));
  const staleUnits = stale.flatMap((path) => unitAt(desired.manager, path) ?? []);
  const stranger = [...facts.units.values()].some(({ needsReload }) => needsReload);
  const below = (path: string) =>
    ["quadlet", "unit"].some((kind) =>
      path.startsWith(`${unitDirectory(desired.manager, kind as "quadlet" | "unit")}/`),
    );
  if (stranger || [...stale, ...payload.map(({ path }) => path)].some(below)) {
    steps.push(step("daemon_reload", "reloading systemd"));
  }
  for (const unit of staleUnits.map(runs)) steps.push(step("reset_failed", `forgetting ${unit}`, unit));
  for (const { unit, enabled } of desired.services) {
    const isEnabled = facts.units.get(unit)?.enabled === "enabled";
    if (enabled && !isEnabled) steps.push(step("enable", `enabling ${unit}`, unit));
    if (!enabled && isEnabled) steps.push(step("disable", `disabling ${unit}`, unit));
  }
  const opens = sockets.some(({ unit }) => (todo.get(unit) ?? "none") !== "none");
  for (const [unit, action] of todo) {
    if (opens && !isSocket(unit) && action === "restart") steps.push(step("stop", `stopping ${unit}`, unit));
  }
  for (const { unit } of socketsFirst(desired.services)) {
    const action = todo.get(unit) ?? "none";
    if (action === "none") continue;
    if (action === "reload") steps.push(step("reload", `reloading ${unit}`, unit));
    else if (action === "start" || isSocket(unit) || opens)
      steps.push(step("start", `starting ${unit}`, unit));
    else steps.push(step("restart", `restarting ${unit}`, unit));
  }
  const started = [...todo].filter(
    ([unit, action]) => !isSocket(unit) && (action === "start" || action === "restart"),
  );
  if (started.length > 0) steps.push(step("settle", "waiting a moment"));
  for (const [unit] of [...todo].filter(([, action]) => action !== "none"))
    steps.push(step("verify", `verifying ${unit}`, unit));
  return steps;
}

function socketsFirst<T extends { unit: string }>(units: readonly T[]): T[] {
  return [...units.filter(({ unit }) => isSocket(unit)), ...units.filter(({ unit }) => !isSocket(unit))];
}

function isActive(facts: Facts, unit: string): boolean {
  const active = facts.units.get(unit)?.active;
  return active === "active" || active === "activating" || active === "reloading";
}

function sameMembers(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((member) => right.includes(member));
}
