import type { UnitSetInputs } from "../resources/contract.ts";
import { type Desired, type DesiredFile, unitPath } from "../host/desired.ts";
import { isTemplate } from "../units/kinds.ts";
import type { Facts } from "../host/facts/facts.ts";
import { standInUnits } from "../host/plan/refusals.ts";
import { type WireObject, isSecretAt, wireUnknown } from "./wire.ts";

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
 * The outputs: the set as it is now, and what systemd says of its units. The connection stays out: it is read from the inputs only.
 *
 * @param wire the inputs as the engine sent them, with their secrets marked
 */
export function outputs(desired: Desired, facts: Facts, wire: WireObject): WireObject {
  const units: WireObject = {};
  const standIns = standInUnits(desired);
  for (const [unit, { load, active, enabled, dropIns }] of facts.units) {
    if (standIns.includes(unit) || isTemplate(unit)) continue;
    units[unit] = { load, active, enabled, ...(dropIns.length > 0 ? { dropIns } : {}) };
  }
  return { ...echo(wire), owner: desired.owner, unitStates: units };
}

/** The outputs as far as a preview can know them. */
export function expectedOutputs(wire: WireObject): WireObject {
  return { ...echo(wire), owner: wireUnknown, unitStates: wireUnknown };
}

/** The outputs of a set of which nothing is known to be on the host. */
export function emptyOutputs(owner: string, { name, manager, user }: WireObject): WireObject {
  return { ...echo({ name, manager, user, units: {} }), owner, unitStates: {} };
}

/** What the host has by now: what the next diff compares, and what a reader of the state looks for. */
function echo(wire: Partial<WireObject>): WireObject {
  const names = ["name", "manager", "user", "units", "files", "services", "images", "linger"];
  return Object.fromEntries(names.flatMap((name) => (wire[name] === undefined ? [] : [[name, wire[name]]])));
}
