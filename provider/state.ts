import type { UnitSetInputs } from "../resources/contract.ts";
import { type Desired, type DesiredFile, unitPath } from "../host/desired.ts";
import { isTemplate } from "../units/kinds.ts";
import type { Facts } from "../host/facts/facts.ts";
import { isOpen, unfillText } from "../host/plan/placeholders.ts";
import { isRunning, newerFiles, ownerOf } from "../host/plan/plan.ts";
import { standInUnits } from "../host/plan/refusals.ts";
import { sha256 } from "../host/digest.ts";
import {
  type Plain,
  type PlainObject,
  type Wire,
  type WireObject,
  hasUnknown,
  isObject,
  isSecretAt,
  secret,
  wireUnknown,
} from "./wire.ts";

/** What the inputs mean on the host. */
export function desiredState(inputs: UnitSetInputs, owner: string): Desired {
  const units = Object.entries(inputs.units).map(([unit, content]): DesiredFile => ({
    key: unit,
    path: unitPath(inputs.manager, unit),
    content,
    mode: "0644",
    unit,
    ...(inputs.user === undefined ? {} : { placeholders: true }),
  }));
  const files = Object.entries(inputs.files ?? {}).map(([path, file]): DesiredFile => ({
    key: path,
    path,
    content: file.content,
    mode: file.mode ?? "0644",
    ...(file.placeholders === true ? { placeholders: true } : {}),
  }));
  return {
    name: inputs.name,
    owner,
    formerOwners: [],
    manager: inputs.manager,
    account: inputs.user,
    createUser: inputs.createUser ?? false,
    linger: inputs.linger ?? false,
    // Files before the units that use them.
    files: [...files, ...units],
    services: Object.entries(inputs.services ?? {}).map(([unit, service]) => ({
      unit,
      active: service.active ?? true,
      enabled: service.enabled ?? false,
      reloadOn: service.reloadOn ?? [],
      restartOn: service.restartOn ?? [],
      handover: service.handover ?? false,
    })),
    images: Object.entries(inputs.images ?? {}).map(([reference, { pull }]) => ({ reference, pull })),
    secrets: [],
    registries: inputs.registries ?? {},
    checks: Object.entries(inputs.checks ?? {}).map(
      ([name, { image, command, mounts, volumes, service }]) => ({
        name,
        image,
        command,
        mounts: mounts ?? {},
        volumes: volumes ?? [],
        ...(service === undefined ? {} : { service }),
      }),
    ),
    probes: Object.entries(inputs.probes ?? {}).map(([listen, probe]) => ({
      path: "/",
      hostName: "localhost",
      ...probe,
      listen,
    })),
    adopt: inputs.adopt ?? false,
  };
}

/** The paths of the files and units whose content is a secret. */
export function secretPaths(desired: Desired, wire: WireObject): string[] {
  return desired.files
    .filter(({ key, unit }) =>
      isSecretAt(wire, unit === undefined ? ["files", key, "content"] : ["units", key]),
    )
    .map(({ path }) => path);
}

/** The same set with nothing in it: what a delete wants. */
export function emptyState(desired: Desired): Desired {
  return {
    ...desired,
    files: [],
    services: [],
    images: [],
    checks: [],
    probes: [],
    linger: false,
    createUser: false,
  };
}

/**
 * The outputs: the set as it is now, and what was observed. The connection stays out: it is read from the inputs only.
 *
 * @param wire the inputs as the engine sent them, with their secrets marked
 */
export function outputs(desired: Desired, facts: Facts, wire: WireObject): WireObject {
  const states: WireObject = {};
  for (const file of desired.files) {
    const fact = facts.files.get(file.path);
    if (fact?.type === "file") states[file.path] = fileState(file, fact.sha256, fact.mode, wire);
  }
  const units: WireObject = {};
  const standIns = standInUnits(desired);
  for (const [unit, { load, active, enabled, dropIns, needsReload }] of facts.units) {
    if (standIns.includes(unit) || isTemplate(unit)) continue;
    units[unit] = {
      load,
      active,
      enabled,
      ...(dropIns.length > 0 ? { dropIns } : {}),
      ...(needsReload ? { needsReload } : {}),
    };
  }
  return {
    ...echo(wire),
    owner: desired.owner,
    fileStates: states,
    unitStates: units,
    ...(facts.set?.unfinished ? { unfinished: true } : {}),
  };
}

/** The outputs as far as a preview can know them. */
export function expectedOutputs(inputs: PlainObject, wire: WireObject): WireObject {
  const known = !hasUnknown(inputs.units ?? null) && !hasUnknown(inputs.files ?? null);
  const files = known ? desiredState(inputs as unknown as UnitSetInputs, "").files : [];
  const states = files.map((file): [string, Wire] => {
    const state = fileState(file, sha256(file.content), file.mode, wire);
    // What the host fills in is not known before.
    return [file.path, isOpen(file) ? { ...state, sha256: wireUnknown } : state];
  });
  return {
    ...echo(wire),
    owner: wireUnknown,
    fileStates: known ? Object.fromEntries(states) : wireUnknown,
    unitStates: wireUnknown,
  };
}

/** The digest of a secret content is secret too, as a short content could be guessed by it. */
function fileState({ key, unit }: DesiredFile, digest: string, mode: string, wire: WireObject): WireObject {
  const hidden = isSecretAt(wire, unit === undefined ? ["files", key, "content"] : ["units", key]);
  return { sha256: hidden ? secret(digest) : digest, mode };
}

/** What a reader of the state looks for, and what the engine's display of a refresh compares. */
function echo(wire: WireObject): WireObject {
  const names = ["name", "manager", "user", "units", "unitModes", "files", "services", "images", "linger"];
  return Object.fromEntries(names.flatMap((name) => (wire[name] === undefined ? [] : [[name, wire[name]]])));
}

/**
 * The inputs as the host has them now: what a refresh compares. What is as desired stays as it was written.
 *
 * @returns undefined where nothing of the set is there any more.
 */
export function observedInputs(
  wire: WireObject,
  inputs: UnitSetInputs,
  desired: Desired,
  facts: Facts,
  recorded: Plain = null,
): WireObject | undefined {
  const there = (file: DesiredFile) => facts.files.get(file.path)?.type === "file";
  if (facts.set === undefined && !desired.files.some(there)) return undefined;
  const units: WireObject = {};
  const unitModes: WireObject = {};
  const files: WireObject = {};
  for (const file of desired.files.filter(there)) {
    const fact = facts.files.get(file.path);
    const owner = fact?.uid === ownerOf(file, desired, facts) ? undefined : fact?.uid;
    // An empty file has no content to send.
    const seen = fact?.content?.toString("utf8") ?? (fact?.sha256 === sha256("") ? "" : file.content);
    const text = unfillText(seen, file, facts);
    if (file.unit !== undefined) {
      units[file.key] = isSecretAt(wire, ["units", file.key]) ? secret(text) : text;
      const differs = fact !== undefined && (fact.mode !== file.mode || owner !== undefined);
      if (differs) unitModes[file.key] = owner === undefined ? fact.mode : `${fact.mode}, of UID ${owner}`;
      continue;
    }
    const content = isSecretAt(wire, ["files", file.key, "content"]) ? secret(text) : text;
    const written = inputs.files?.[file.key];
    const mode = fact?.mode === file.mode ? written?.mode : fact?.mode;
    files[file.key] = {
      content,
      ...(mode === undefined ? {} : { mode }),
      ...(written?.placeholders === undefined ? {} : { placeholders: written.placeholders }),
      // No input says this: it comes from a refresh, and the next `up` takes it away.
      ...(owner === undefined ? {} : { owner }),
    };
  }
  const services: WireObject = {};
  for (const service of desired.services) {
    const { isOutdated, runsOldImage, needsReload, dropIns, ...written } = (inputs.services?.[service.unit] ??
      {}) as WireObject;
    void [isOutdated, runsOldImage, needsReload, dropIns];
    const added = newDropIns(facts, service.unit, recorded);
    const active = isRunning(facts, service.unit);
    const enabled = facts.units.get(service.unit)?.enabled === "enabled";
    services[service.unit] = {
      ...written,
      // A unit that shall not be kept running may run.
      ...(service.active && !active ? { active: false } : {}),
      ...(enabled === service.enabled ? {} : { enabled }),
      // No input says these: they come from a refresh, and the next `up` takes them away.
      ...(newerFiles(facts, service.unit, [...service.reloadOn, ...service.restartOn]).length > 0
        ? { isOutdated: true }
        : {}),
      ...(facts.replacedImages.has(service.unit) ? { runsOldImage: true } : {}),
      ...(facts.units.get(service.unit)?.needsReload ? { needsReload: true } : {}),
      ...(added.length > 0 ? { dropIns: added } : {}),
    };
  }
  const rest = { ...wire };
  delete rest.unitModes;
  delete rest.accountIsGone;
  return {
    ...rest,
    units,
    // Units have one mode only, so no input says this either.
    ...(Object.keys(unitModes).length === 0 ? {} : { unitModes }),
    ...(inputs.files === undefined ? {} : { files }),
    ...(inputs.services === undefined ? {} : { services }),
    ...(inputs.linger === true && !facts.lingers ? { linger: false } : {}),
  };
}

/** Drop-ins that were not there at the last operation. The next `up` takes note of them, and leaves them alone. */
function newDropIns(facts: Facts, unit: string, recorded: Plain): string[] {
  const before = isObject(recorded) ? (recorded as PlainObject)[unit] : undefined;
  const known = isObject(before) ? (before as PlainObject).dropIns : undefined;
  return (facts.units.get(unit)?.dropIns ?? []).filter(
    (path) => !Array.isArray(known) || !known.includes(path),
  );
}
