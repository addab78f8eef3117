import type { ServiceState, UnitSetInputs } from "../resources/contract.ts";
import { isAccounts, plainName } from "../host/account-units.ts";
import { type Desired, type DesiredFile, type DesiredService, unitPath } from "../host/desired.ts";
import { isTemplate } from "../units/kinds.ts";
import type { Facts } from "../host/facts/facts.ts";
import { standInUnits } from "../host/plan/refusals.ts";
import { naturally } from "../rollout/fold.ts";
import { type WireObject, isSecretAt, wireUnknown } from "./wire.ts";

/** What a host should have according to the inputs. */
export function desiredState(inputs: UnitSetInputs, owner: string): Desired {
  const unitFiles = (units: Record<string, string>, named: (name: string) => string) =>
    Object.entries(units).map(([name, content]): DesiredFile => ({
      key: name,
      path: unitPath(inputs.manager, named(name)),
      content,
      mode: "0644",
      unit: named(name),
      ...(inputs.user === undefined ? {} : { placeholders: true }),
    }));
  const states = (services: Record<string, ServiceState>, named: (name: string) => string) =>
    Object.entries(services).map(([name, service]): DesiredService => ({
      unit: named(name),
      active: service.active ?? true,
      enabled: service.enabled ?? false,
      reloadOn: service.reloadOn ?? [],
      restartOn: service.restartOn ?? [],
      handover: service.handover ?? false,
    }));
  const { userUnits = {}, userServices = {} } = inputs;
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
    // Without lingering, the account's manager and its units would not start at the next boot.
    linger: inputs.linger ?? Object.keys(userUnits).length > 0,
    // Files before the units that use them; the account's units before those of the host's manager, which need them.
    files: [...files, ...unitFiles(userUnits, ofAccount), ...unitFiles(inputs.units, asItIs)],
    services: [...states(userServices, ofAccount), ...states(inputs.services ?? {}, asItIs)],
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
        ...(service === undefined
          ? {}
          : { service: Object.hasOwn(userServices, service) ? ofAccount(service) : service }),
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

const asItIs = (name: string) => name;
const ofAccount = (name: string) => `~${name}`;

/** The paths of the files and units whose content is a secret. */
export function secretPaths(desired: Desired, wire: WireObject): string[] {
  return desired.files
    .filter(({ key, unit }) => {
      if (unit === undefined) return isSecretAt(wire, ["files", key, "content"]);
      return isSecretAt(wire, [isAccounts(unit) ? "userUnits" : "units", key]);
    })
    .map(({ path }) => path);
}

/** The same set without content: the desired state of a delete. */
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
 * What systemd reports about the units of a set on the first host, with the drop-ins of all hosts. Undefined if no host was looked at.
 *
 * @param facts by the names of the hosts
 */
export function unitStatesOf(desired: Desired, facts: ReadonlyMap<string, Facts>): WireObject | undefined {
  const all = [...facts].sort(([left], [right]) => naturally(left, right)).map(([, found]) => found);
  const [first] = all;
  if (!first) return undefined;
  const standIns = standInUnits(desired);
  const units: WireObject = {};
  for (const [unit, { load, active, enabled }] of first.units) {
    if (standIns.includes(unit) || isTemplate(unit)) continue;
    const dropIns = [...new Set(all.flatMap(({ units: there }) => there.get(unit)?.dropIns ?? []))];
    units[plainName(unit)] = { load, active, enabled, ...(dropIns.length > 0 ? { dropIns } : {}) };
  }
  return units;
}

/** The outputs as far as a preview can know them. */
export function expectedOutputs(wire: WireObject): WireObject {
  return { ...echo(wire), where: wire.where ?? {}, owner: wireUnknown, unitStates: wireUnknown };
}

const parts = ["units", "userUnits", "files", "services", "userServices"];

/** What the hosts have now, for the next diff and for readers of the state. */
export function echo(wire: Partial<WireObject>): WireObject {
  const names = ["name", "manager", "user", ...parts, "images", "linger"];
  return Object.fromEntries(names.flatMap((name) => (wire[name] === undefined ? [] : [[name, wire[name]]])));
}
