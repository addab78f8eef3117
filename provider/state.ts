import type { UnitSetInputs } from "../resources/contract.ts";
import { type Desired, type DesiredFile, unitPath } from "../host/desired.ts";
import type { Facts } from "../host/facts.ts";
import { type WireObject, isSecretAt, secret } from "./wire.ts";

/** What the inputs mean on the host. */
export function desiredState(inputs: UnitSetInputs, owner: string): Desired {
  const units = Object.entries(inputs.units).map(([unit, content]): DesiredFile => ({
    key: unit,
    path: unitPath(inputs.manager, unit),
    content,
    mode: "0644",
    unit,
  }));
  const files = Object.entries(inputs.files ?? {}).map(([path, { content, mode }]): DesiredFile => ({
    key: path,
    path,
    content,
    mode: mode ?? "0644",
  }));
  return {
    name: inputs.name,
    owner,
    manager: inputs.manager,
    account: inputs.user,
    linger: inputs.linger ?? false,
    // Files before the units that use them.
    files: [...files, ...units],
    services: Object.entries(inputs.services ?? {}).map(([unit, service]) => ({
      unit,
      active: service.active ?? true,
      enabled: service.enabled ?? false,
      reloadOn: service.reloadOn ?? [],
      restartOn: service.restartOn ?? [],
    })),
    images: Object.entries(inputs.images ?? {}).map(([reference, { pull }]) => ({ reference, pull })),
    registries: inputs.registries ?? {},
    adopt: inputs.adopt ?? false,
  };
}

/** The same set with nothing in it: what a delete wants. */
export function emptyState(desired: Desired): Desired {
  return { ...desired, files: [], services: [], images: [], linger: false };
}

/**
 * The outputs: what was observed. The digest of a secret content is secret too, as a short content could be guessed by it.
 *
 * @param wire the inputs as the engine sent them, with their secrets marked
 */
export function outputs(desired: Desired, facts: Facts, wire: WireObject): WireObject {
  const files: WireObject = {};
  for (const { key, path, unit } of desired.files) {
    const fact = facts.files.get(path);
    if (fact?.type !== "file") continue;
    const hidden = isSecretAt(wire, unit === undefined ? ["files", key, "content"] : ["units", key]);
    files[path] = { sha256: hidden ? secret(fact.sha256) : fact.sha256, mode: fact.mode };
  }
  const units: WireObject = {};
  for (const [unit, { load, active, enabled }] of facts.units) units[unit] = { load, active, enabled };
  return { fileStates: files, unitStates: units };
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
): WireObject | undefined {
  const there = (file: DesiredFile) => facts.files.get(file.path)?.type === "file";
  if (facts.set === undefined && !desired.files.some(there)) return undefined;
  const units: WireObject = {};
  const files: WireObject = {};
  for (const file of desired.files.filter(there)) {
    const fact = facts.files.get(file.path);
    const text = fact?.content === undefined ? file.content : fact.content.toString("utf8");
    if (file.unit !== undefined) {
      units[file.key] = isSecretAt(wire, ["units", file.key]) ? secret(text) : text;
      continue;
    }
    const content = isSecretAt(wire, ["files", file.key, "content"]) ? secret(text) : text;
    const mode = fact?.mode === file.mode ? inputs.files?.[file.key]?.mode : fact?.mode;
    files[file.key] = { content, ...(mode === undefined ? {} : { mode }) };
  }
  const services: WireObject = {};
  for (const service of desired.services) {
    const written = inputs.services?.[service.unit] ?? {};
    const active = isRunning(facts.units.get(service.unit)?.active);
    const enabled = facts.units.get(service.unit)?.enabled === "enabled";
    services[service.unit] = {
      ...(written as WireObject),
      // A unit that shall not be kept running may run.
      ...(service.active && !active ? { active: false } : {}),
      ...(enabled === service.enabled ? {} : { enabled }),
    };
  }
  return {
    ...wire,
    units,
    ...(inputs.files === undefined ? {} : { files }),
    ...(inputs.services === undefined ? {} : { services }),
    ...(inputs.linger === true && !facts.lingers ? { linger: false } : {}),
  };
}

function isRunning(active: string | undefined): boolean {
  return active === "active" || active === "activating" || active === "reloading";
}
