import { activate, daemonReload, stops } from "./activate.ts";
import { type Action, type Change, actions, changeOf, formerUnit } from "./changes.ts";
import { isSocket } from "../../units/kinds.ts";
import { madeUnit, managersOf, plainName } from "../account-units.ts";
import {
  type ContainerCheck,
  type Desired,
  type DesiredFile,
  type DesiredService,
  unitAt,
} from "../desired.ts";
import { sha256 } from "../digest.ts";
import { fileDrift, isActive, newerFiles } from "./drift.ts";
import type { Facts } from "../facts/facts.ts";
import { type Mimic, mimics } from "./mimics.ts";
import { pulls } from "./pulls.ts";
import { refusals as refuse } from "./refusals.ts";
import { type LentUnit, type Rehearsal, answering, handovers, rehearsals } from "./stand-ins.ts";
import type { Step } from "./step.ts";

export interface Plan {
  /** Why nothing can be done, each with its cure. With these there are no steps. */
  refusals: string[];
  /** Up to "stage" nothing changes that serves. Every step except the last can be rolled back. */
  steps: Step[];
  /** The files that the put steps refer to by their index. */
  payload: DesiredFile[];
  /** The texts that the lend and mimic steps refer to. Their indices continue after those of the payload. */
  lent: string[];
  /** Paths that are the set's own: while the steps run, and after them. */
  owned: { begin: string[]; commit: string[] };
  /** Path → the unit that systemd has of it, for those of `owned` that are unit files. */
  units: Map<string, string>;
}

const nothing: Plan = {
  refusals: [],
  steps: [],
  payload: [],
  lent: [],
  owned: { begin: [], commit: [] },
  units: new Map(),
};

/**
 * What to do so that the host gets what is desired: facts in, steps out, and no steps where all is as it should be. Pure.
 *
 * @param known paths that were observed as the set's own (an import has no mark on the host yet)
 * @param before the services as they were desired last, which tell what a removed file was for
 */
export function plan(
  seen: Facts,
  desired: Desired,
  known: readonly string[],
  before: readonly DesiredService[] = [],
): Plan {
  const facts = withoutFormer(seen, desired);
  const marked =
    facts.set !== undefined && [desired.owner, ...desired.formerOwners].includes(facts.set.owner);
  // Another resource has taken the set over: for this one it is gone.
  if (desired.files.length === 0 && facts.set && !marked) return nothing;
  const own = new Set([...(marked ? (facts.set?.paths ?? []) : []), ...known]);
  const wanted = new Set(desired.files.map(({ path }) => path));
  const isThere = (path: string) => !(desired.accountIsGone && path.startsWith("~/"));
  const stale = [...own].filter((path) => !wanted.has(path) && isThere(path));
  const owned = { begin: [...wanted, ...stale], commit: [...wanted] };
  const payload = desired.files.filter((file) => fileDrift(file, desired, facts).length > 0);
  const refusals = refuse(facts, desired, own, marked, payload);
  if (refusals.length > 0) return { ...nothing, refusals, owned };

  const services = withFormer(desired, known, before, stale);
  const todo = whatToDo(facts, { ...desired, services }, payload, stale);
  const handed = handovers(desired, todo);
  const fresh = payload.filter(({ path }) => facts.files.get(path)?.type !== "file");
  const due = rehearsals(
    desired,
    todo,
    fresh.flatMap(({ unit }) => unit ?? []),
    facts.home,
  );
  const mimicked = mimics(facts, desired, todo, due, [...payload.map(({ path }) => path), ...stale]);
  const rehearsed = due.filter(({ service }) => !mimicked.some((mimic) => mimic.service === service));
  const lent = [...rehearsed, ...handed.map(({ standIn }) => standIn)];
  const changes = { facts, desired, todo, payload, stale, rehearsed, handed };
  const preparation: Step[] = [
    ...pulls(desired, todo),
    ...validations(desired, todo, [...payload.map(({ path }) => path), ...stale], due),
    ...rehearse(desired, rehearsed, lent, payload.length),
    ...mimic(mimicked, payload.length + lent.length),
  ];
  const changing: Step[] = [...stops(changes), ...activate(changes)];
  const isTouched =
    [...todo.values()].some((action) => action !== "none") || changing.some(({ verb }) => verb === "stop");
  const activation: Step[] = [...changing, ...(isTouched ? asks(desired) : [])];
  const isIdle = preparation.length + activation.length === 0;
  const settled =
    marked &&
    facts.set?.owner === desired.owner &&
    !facts.set.unfinished &&
    sameMembers(facts.set.paths, owned.commit);
  if (isIdle && settled) return { ...nothing, payload, owned };
  const end: Step = { verb: wanted.size > 0 ? "commit" : "forget" };
  const leave = wanted.size === 0 && facts.set === undefined && isIdle;
  const steps: Step[] = leave
    ? []
    : [{ verb: "begin" }, ...preparation, { verb: "stage" }, ...activation, end];
  return {
    refusals,
    steps,
    payload,
    lent: [...lent, ...mimicked].map(({ text }) => text),
    owned,
    units: unitsAt(facts, desired, stale),
  };
}

/** The host as it will be when the set has left its former manager: without the files that it has there, and their units stopped. */
function withoutFormer(facts: Facts, desired: Desired): Facts {
  const shared = desired.files.map(({ path }) => path).filter((path) => desired.former?.paths.includes(path));
  if (shared.length === 0) return facts;
  const units = shared.flatMap((path) => formerUnit(desired, path, facts) ?? []);
  const gone = { type: "absent", mode: "", uid: -1, modified: 0, sha256: "" } as const;
  return {
    ...facts,
    files: new Map([...facts.files, ...shared.map((path) => [path, gone] as const)]),
    units: new Map(
      [...facts.units].map(([unit, fact]) => [
        unit,
        units.includes(unit) ? { ...fact, active: "inactive", enabled: "disabled" } : fact,
      ]),
    ),
  };
}

/** Path → unit, of the files of the set and of those that go. */
function unitsAt(facts: Facts, desired: Desired, stale: readonly string[]): Map<string, string> {
  const gone = stale.flatMap((path): [string, string][] => {
    const unit = formerUnit(desired, path, facts);
    return unit === undefined ? [] : [[path, unit]];
  });
  const here = desired.files.flatMap(({ path, unit, content }): [string, string][] =>
    unit === undefined ? [] : [[path, madeUnit(unit, content)]],
  );
  return new Map([...gone, ...here]);
}

/** The least action for each unit. */
function whatToDo(
  facts: Facts,
  desired: Desired,
  payload: readonly DesiredFile[],
  stale: readonly string[],
): Map<string, Action> {
  const changes = new Map(
    desired.files.map((file) => [file.key, changeIn(file, facts, payload.includes(file))]),
  );
  // The removal of a file is a change for the services that read it.
  for (const path of stale) changes.set(path, "effect");
  // A running service has not read a file that was written after its start.
  for (const { unit, reloadOn, restartOn } of desired.services)
    for (const key of newerFiles(facts, unit, [...reloadOn, ...restartOn]))
      if (changes.get(key) === "same") changes.set(key, "effect");
  const todo = actions(desired, changes, (unit) => isActive(facts, unit));
  for (const [unit, action] of todo) {
    const isStale =
      // A run that was interrupted may have written files that no running service has read yet.
      facts.set?.unfinished === true ||
      facts.replacedImages.has(plainName(unit)) ||
      goesBackToAnother(facts, desired) ||
      // A start would wait for systemd's own next start of the unit.
      facts.units.get(unit)?.restarting === true;
    if (!isSocket(unit) && action !== "start" && isStale) todo.set(unit, "restart");
  }
  return todo;
}

/** Whether this goes back to a version that had another image under one of these names. */
function goesBackToAnother({ versions }: Facts, { version, images }: Desired): boolean {
  if (!versions || versions.former.text !== version) return false;
  const { now, former } = versions;
  return images.some(
    ({ reference, pull }) => pull === "kept" && former.images.get(reference) !== now.images.get(reference),
  );
}

function changeIn(file: DesiredFile, facts: Facts, written: boolean): Change {
  if (!written) return "same";
  const fact = facts.files.get(file.path);
  if (fact?.type !== "file") return "effect";
  const before = fact.sha256 === sha256(file.content) ? file.content : (fact.content?.toString("utf8") ?? "");
  // Only the mode or the owner differs: nginx reads its files again at a reload, and systemd ignores both.
  return before === file.content && file.unit === undefined ? "effect" : changeOf(file, before);
}

function validations(
  desired: Desired,
  todo: ReadonlyMap<string, Action>,
  touched: readonly string[],
  rehearsed: readonly Rehearsal[],
): Step[] {
  if (desired.files.length === 0) return [];
  const managers = managersOf(touched.flatMap((path) => unitAt(desired, path) ?? []));
  const restarts = [...todo.values()].some((action) => action === "restart" || action === "start");
  const due = desired.checks.flatMap((check, index): Step[] => {
    if (!restarts && !touched.some((path) => isMounted(check, path))) return [];
    const secret = desired.files.find(({ path, mode }) => mode.endsWith("00") && isMounted(check, path));
    return [
      ...(secret ? [{ verb: "readers", image: check.image, path: secret.path } as const] : []),
      ...(rehearsed.some(({ service }) => service === check.service)
        ? []
        : [{ verb: "try", check: index, name: check.name } as const]),
    ];
  });
  return [...(managers.length > 0 ? [{ verb: "validate", managers } as const] : []), ...due];
}

function isMounted({ mounts }: ContainerCheck, path: string): boolean {
  return Object.keys(mounts).some((directory) => path.startsWith(`${directory}/`));
}

/** Tries out each new version. The units for the handovers are lent before the same reload of systemd. */
function rehearse(
  { checks }: Desired,
  rehearsed: readonly Rehearsal[],
  lent: readonly LentUnit[],
  first: number,
): Step[] {
  const indices = (of: string) => checks.flatMap(({ service }, index) => (service === of ? [index] : []));
  return [
    ...lent.map(({ unit, path }, index): Step => ({ verb: "lend", text: first + index, unit, path })),
    ...daemonReload(managersOf(lent.map(({ unit }) => unit))),
    ...rehearsed.flatMap(({ service, unit, path, container, probes }): Step[] => [
      { verb: "rehearse", service, unit, container, probes, checks: indices(service) },
      { verb: "unlend", unit, path },
    ]),
  ];
}

/** @param first the number of the first of their texts */
function mimic(mimicked: readonly Mimic[], first: number): Step[] {
  return mimicked.map(({ service, runtime, probes }, index) => ({
    verb: "mimic",
    service,
    text: first + index,
    runtime,
    probes,
  }));
}

/** Requests through the sockets, for a change that touches or removes what answers them or is behind that. */
function asks(desired: Desired): Step[] {
  const service = desired.services.find(({ unit }) => !isSocket(unit))?.unit;
  if (service === undefined) return [];
  return desired.probes.map((probe, index) => ({
    verb: "ask",
    probe: index,
    says: `${probe.listen}${probe.path}`,
    unit: answering(desired, probe) ?? service,
  }));
}

/** The services with the files that they had before and that are gone now. If the state does not know such a file, any service may have read it. */
function withFormer(
  desired: Desired,
  known: readonly string[],
  before: readonly DesiredService[],
  stale: readonly string[],
): DesiredService[] {
  const anyones = stale.filter((path) => unitAt(desired, path) === undefined && !known.includes(path));
  return desired.services.map((service) => {
    const former = before.find(({ unit }) => unit === service.unit);
    const gone = (keys: readonly string[] = []) => keys.filter((key) => stale.includes(key));
    const own = isSocket(service.unit) ? [] : anyones;
    const reloads = service.reloadOn.length > 0;
    return {
      ...service,
      reloadOn: [...service.reloadOn, ...gone(former?.reloadOn), ...(reloads ? own : [])],
      restartOn: [...service.restartOn, ...gone(former?.restartOn), ...(reloads ? [] : own)],
    };
  });
}

function sameMembers(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((member) => right.includes(member));
}
