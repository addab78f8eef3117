import { isSocket, isTemplate } from "../../units/kinds.ts";
import { type Whose, isAccounts, managersOf } from "../account-units.ts";
import { type Action, formerUnit, madeUnits } from "./changes.ts";
import { type Desired, type DesiredFile, type DesiredService, unitAt } from "../desired.ts";
import type { Facts } from "../facts/facts.ts";
import { foreignFile } from "./foreign.ts";
import { tags } from "./pulls.ts";
import type { Handover, Rehearsal } from "./stand-ins.ts";
import type { Step } from "./step.ts";

/** What {@link activate} derives its steps from. */
export interface Changes {
  facts: Facts;
  desired: Desired;
  todo: ReadonlyMap<string, Action>;
  payload: readonly DesiredFile[];
  /** Paths of files that are no longer wanted. */
  stale: readonly string[];
  rehearsed: readonly Rehearsal[];
  handed: readonly Handover[];
}

/**
 * Stops units that are no longer wanted, those of the host's manager first. Sockets of a set that stays are stopped later, by
 * {@link activate}: until systemd has read the new units, a socket's service would stop with it, and a request on another
 * socket would start both again.
 */
export function stops({ facts, desired, stale }: Changes): Step[] {
  const stays = desired.files.length > 0;
  return stopAll(
    socketsFirst(staleUnits(facts, desired, stale)).filter(({ unit }) => !stays || !isSocket(unit)),
  );
}

/**
 * Moves the new files into place, and removes those that are no longer wanted. For other sets, this and the reload
 * of systemd are one change.
 */
function swap({ facts, desired, todo, payload, stale }: Changes): Step[] {
  return [
    ...tags(desired, todo),
    ...payload.map(({ mode, path }, index): Step => ({ verb: "put", file: index, mode, path })),
    ...staleUnits(facts, desired, stale)
      .filter(({ file, unit }) => file === unit)
      .map(({ unit }): Step => ({ verb: "disable", unit })),
    ...stale
      .filter((path) => facts.files.get(path)?.type !== "absent")
      .map((path): Step => ({ verb: "remove", path })),
  ];
}

/** One step that reloads the managers, if there are any. */
export function daemonReload(managers: readonly Whose[]): Step[] {
  return managers.length === 0 ? [] : [{ verb: "daemon_reload", managers }];
}

/**
 * All steps from the staged files to a new version that serves. Once both managers know the new units, the account's units change before
 * those of the host's manager, which need them.
 */
export function activate(changes: Changes): Step[] {
  const { facts, desired, todo, stale, rehearsed, handed } = changes;
  const gone = staleUnits(facts, desired, stale);
  const enabled = enablement(facts, desired);
  const reloaded = managersOf([...enabled.map(({ unit }) => unit), ...readAnew(changes)]);
  const lent = managersOf([
    ...handed.map(({ standIn: { unit } }) => unit),
    ...rehearsed.flatMap(({ unit }) =>
      reloaded.some((one) => managersOf([unit]).includes(one)) ? [] : unit,
    ),
  ]);
  const all = [...gone.map(({ unit }) => unit), ...desired.services.map(({ unit }) => unit)];
  // The account's manager can't have an address that a socket of the host's manager still has.
  const isAtOnce = [...todo].some(([unit, action]) => isAccounts(unit) && action !== "none");
  return [
    ...swap(changes),
    ...enabled,
    ...daemonReload(reloaded),
    ...(isAtOnce ? stopsAgain(changes, gone) : []),
    ...managersOf(all).flatMap((whose) => {
      const isIts = ({ unit }: { unit: string }) => isAccounts(unit) === (whose === "account");
      return [
        ...handed
          .filter(({ standIn }) => isIts(standIn))
          .map(({ service, standIn }): Step => ({ verb: "handover", service, unit: standIn.unit })),
        ...(isAtOnce ? [] : stopsAgain(changes, gone.filter(isIts))),
        ...change(desired.services.filter(isIts), todo),
      ];
    }),
    ...gone.map(({ unit }): Step => ({ verb: "reset_failed", unit })),
    ...verify(todo),
    ...handed.flatMap(({ standIn: { unit, path } }): Step[] => [
      { verb: "return", unit },
      { verb: "unlend", unit, path },
    ]),
    // With this reload systemd forgets the lent units.
    ...daemonReload(lent),
  ];
}

/** Stops the sockets that go, and in the same manager the services that go: a request may have started one of these again. */
function stopsAgain({ desired }: Changes, gone: readonly Stale[]): Step[] {
  if (desired.files.length === 0) return [];
  const open = gone.filter(({ unit, renamed }) => renamed || isSocket(unit)).map(({ unit }) => unit);
  const isDue = ({ unit }: Stale) => open.some((one) => isAccounts(one) === isAccounts(unit));
  return stopAll(socketsFirst(gone.filter(isDue)));
}

function enablement(facts: Facts, desired: Desired): { verb: "enable" | "disable"; unit: string }[] {
  return desired.services.flatMap(({ unit, enabled }) => {
    const isEnabled = facts.units.get(unit)?.enabled === "enabled";
    return enabled === isEnabled ? [] : [{ verb: enabled ? "enable" : "disable", unit }];
  });
}

/** Units of which systemd has an older version. */
function readAnew({ facts, desired, payload, stale }: Changes): string[] {
  const touched = [...stale, ...payload.map(({ path }) => path)];
  return [
    ...touched.flatMap((path) => unitAt(desired, path) ?? []),
    // Something else has changed the file of one of our units.
    ...[...facts.units].flatMap(([unit, { needsReload }]) => (needsReload ? unit : [])),
  ];
}

/**
 * Starts, restarts and reloads. A socket can't be started while its service runs (systemd.socket(5)). So sockets that change restart
 * together with the services, in one call: systemd stops the services first and starts them last, and a request on another socket finds the
 * restart already under way.
 */
function change(services: readonly DesiredService[], todo: ReadonlyMap<string, Action>): Step[] {
  const of = (...actions: Action[]) =>
    services.filter(({ unit }) => actions.includes(todo.get(unit) ?? "none")).map(({ unit }) => unit);
  const sockets = of("start", "restart").filter(isSocket);
  const restarts = of("restart").filter((unit) => !isSocket(unit));
  const together = sockets.length > 0 && restarts.length > 0;
  const names = [...sockets, ...restarts];
  return [
    ...(together
      ? [{ verb: "restart", units: names } as const]
      : names.flatMap((unit) => act(unit, todo.get(unit) ?? "none"))),
    ...of("start")
      .filter((unit) => !isSocket(unit))
      .flatMap((unit) => act(unit, "start")),
    ...of("reload").flatMap((unit) => act(unit, "reload")),
  ];
}

function act(unit: string, action: Action): Step[] {
  switch (action) {
    case "none":
      return [];
    case "restart":
      return [{ verb: action, units: [unit] }];
    case "start":
    case "reload":
      return [{ verb: action, unit }];
  }
}

function verify(todo: ReadonlyMap<string, Action>): Step[] {
  const touched = [...todo].filter(([, action]) => action !== "none");
  const started = touched.some(([unit, action]) => !isSocket(unit) && action !== "reload");
  return [
    ...(started ? [{ verb: "settle" } as const] : []),
    ...touched.map(([unit, action]): Step => ({
      verb: "verify",
      unit,
      after: action === "reload" ? "touched" : "started",
    })),
  ];
}

/**
 * Stops the units of each manager in one call, so that none of them starts another again. The host's manager comes first, as its
 * units need the account's.
 */
function stopAll(units: readonly { unit: string }[]): Step[] {
  const names = units.map(({ unit }) => unit);
  const parts = [names.filter((unit) => !isAccounts(unit)), names.filter(isAccounts)];
  return parts.filter((part) => part.length > 0).map((part) => ({ verb: "stop", units: part }));
}

/**
 * Units that the set no longer has: those of files that go, and the old unit of a quadlet whose ServiceName= has changed. Units that
 * another file now makes are left out.
 */
function staleUnits(facts: Facts, desired: Desired, stale: readonly string[]): Stale[] {
  const wanted = desired.files.map(({ path }) => path);
  const own = [...stale, ...wanted];
  const made = madeUnits(desired);
  return own
    .flatMap((path): Stale[] => {
      const [file, unit] = [unitAt(desired, path), formerUnit(desired, path, facts)];
      return file === undefined || unit === undefined ? [] : [{ file, unit, renamed: !stale.includes(path) }];
    })
    .filter(
      ({ unit, renamed }) =>
        !(renamed && made.includes(unit)) && !isTemplate(unit) && foreignFile(facts, unit, own) === undefined,
    );
}

interface Stale {
  file: string;
  unit: string;
  /** Whether its file stays and now makes another unit. */
  renamed: boolean;
}

function socketsFirst<T extends Pick<DesiredService, "unit">>(units: readonly T[]): T[] {
  return [...units.filter(({ unit }) => isSocket(unit)), ...units.filter(({ unit }) => !isSocket(unit))];
}
