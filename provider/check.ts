import { isAccounts, plainName } from "../host/account-units.ts";
import { unitAt } from "../host/desired.ts";
import { type Fail, type Failure, checkShape } from "./check-shape.ts";
import type { UnitSetInputs } from "../resources/contract.ts";
import { fold } from "../rollout/fold.ts";
import { madeUnit } from "../units/made.ts";
import { policyOf } from "./policy.ts";
import { waysOf } from "./where.ts";
import { type Plain, type PlainObject, type WireObject, hasUnknown, isObject, unknown } from "./wire.ts";

/**
 * Everything that is wrong with the inputs of a UnitSet, all at once. Values that are not known yet are accepted.
 *
 * @param before the inputs of the last operation, if there was one
 */
export function checkUnitSet(inputs: PlainObject, before: PlainObject = {}): Failure[] {
  const failures: Failure[] = [];
  const fail: Fail = (path, reason) => void failures.push({ path, reason });
  checkShape("UnitSetInputs", inputs, "", fail);
  if (failures.length === 0) checkTogether(inputs, fail);
  if (failures.length === 0) checkFleet(inputs, before, fail);
  return failures;
}

/** A fleet of more hosts would be one state entry of megabytes, and one change for all of them. */
const mostHosts = 1000;

function checkFleet(inputs: PlainObject, before: PlainObject, fail: Fail): void {
  const { hosts } = inputs;
  checkChange(inputs, before, fail);
  if (!isObject(hosts)) return;
  const all = Object.keys(hosts);
  if (all.length === 0) fail("hosts", "needs one host at least");
  if (all.length > mostHosts)
    fail(
      "hosts",
      `has ${all.length} hosts, and one entry can have at most ${mostHosts}: split it into two, for example by label`,
    );
  // Maps of hosts are looked up by these names.
  for (const name of all.filter((each) => each in Object.prototype))
    fail(
      "hosts",
      `a host can't have the name "${name}", which every object in JavaScript has. Choose another name`,
    );
  const there = Object.entries(waysOf(hosts as WireObject)).filter(
    ([, { host }]) => host.state !== "retired",
  );
  for (const [at, same] of Map.groupBy(there, ([, way]) => way.at))
    if (at !== "" && same.length > 1)
      fail("hosts", `${fold(same.map(([name]) => name))} are the same host, ${at}: name it once`);
  if (hasUnknown(inputs.rollout ?? null)) return;
  const policy = policyOf(inputs as unknown as UnitSetInputs);
  if ("problems" in policy) for (const { path, reason } of policy.problems) fail(`rollout.${path}`, reason);
}

/** Refuses changes that a set can't make. */
function checkChange(inputs: PlainObject, before: PlainObject, fail: Fail): void {
  const { name, manager, user } = inputs;
  if (typeof before.name !== "string") return;
  if (typeof name === "string" && before.name !== name)
    fail(
      "name",
      `was "${before.name}", and a set can't be renamed: add a second entry with the new name, and remove this one when that is deployed`,
    );
  // The host's manager has one set of this name, with one account.
  const isKept = manager === "system" && before.manager === "system" && user !== unknown;
  if (isKept && before.user !== user)
    fail(
      "user",
      `was ${typeof before.user === "string" ? `"${before.user}"` : "left out"}, and under the host's service manager a set can't change its account: remove the entry, run \`pulumi up\`, and add it again`,
    );
}

function checkTogether(inputs: PlainObject, fail: Fail): void {
  const { manager, user, createUser, linger, files } = inputs as Record<string, Plain | undefined>;
  const names = (key: string) => namesIn(inputs[key]);
  if (manager === "user" && user === undefined)
    fail("user", 'is missing: manager "user" needs the account that runs the service');
  if (user === undefined && createUser === true) fail("createUser", "needs user: the account to create");
  if (user === undefined && linger === true)
    fail("linger", "has an effect only with an account: set user, or remove it");
  for (const key of ["userUnits", "userServices"])
    if (names(key).length > 0 && (manager === "user" || user === undefined))
      fail(key, 'needs manager "system" and an account (user)');
  if (linger === false && names("userUnits").length > 0)
    fail("linger", "can't be false with userUnits, because they run from boot on");
  const own = madeIn(inputs.units);
  for (const { name, unit } of madeIn(inputs.userUnits)) {
    if (own.some((one) => one.unit === unit)) fail(`userUnits["${name}"]`, inBoth(unit, "units"));
    // With ServiceName= one name can make two units.
    else if (own.some((one) => one.name === name)) fail(`userUnits["${name}"]`, inBoth(name, "units"));
  }
  for (const unit of names("userServices").filter((one) => names("services").includes(one)))
    fail(`userServices["${unit}"]`, inBoth(unit, "services"));
  if (manager === "system" && user === undefined)
    for (const path of names("files").filter((each) => each.startsWith("~/")))
      fail(`files["${path}"]`, "is in the home directory of an account, and no account is given (user)");
  // A name could be in a map that is not known yet.
  if ([inputs.units, inputs.userUnits, files].includes(unknown)) return;
  const known = [...names("units"), ...names("userUnits"), ...names("files")];
  for (const path of names("files")) {
    const account = typeof user === "string" ? user : undefined;
    const unit = manager === "system" || manager === "user" ? unitAt({ manager, account }, path) : undefined;
    if (unit !== undefined && names(isAccounts(unit) ? "userUnits" : "units").includes(plainName(unit)))
      fail(`files["${path}"]`, "is also a unit of this set");
    if (/^(\/var\/lib|~\/\.local\/state)\/quadlet-fleet\//.test(path))
      fail(`files["${path}"]`, "is where quadlet-fleet keeps its own records");
  }
  for (const key of ["services", "userServices"]) checkTriggers(key, inputs[key], known, fail);
}

function inBoth(unit: string, own: string): string {
  return `${unit} is also in ${own}. Choose another name: a set can't have one name in both managers`;
}

/** The names of unit files, and systemd's names of their units. */
function madeIn(units: Plain | undefined): { name: string; unit: string }[] {
  return Object.entries(isObject(units) ? (units as PlainObject) : {}).map(([name, text]) => ({
    name,
    unit: madeUnit(name, typeof text === "string" ? text : undefined),
  }));
}

function namesIn(map: Plain | undefined): string[] {
  return Object.keys(isObject(map) ? map : {});
}

/** Checks the names of the files and units whose change reloads or restarts a service. */
function checkTriggers(key: string, services: Plain | undefined, known: readonly string[], fail: Fail): void {
  for (const [unit, service] of Object.entries(isObject(services) ? (services as PlainObject) : {})) {
    for (const list of ["reloadOn", "restartOn"]) {
      const names = isObject(service) ? (service as PlainObject)[list] : undefined;
      for (const name of Array.isArray(names) ? names : []) {
        if (typeof name === "string" && !known.includes(name))
          fail(`${key}["${unit}"].${list}`, `"${name}" is not a file or unit of this set`);
      }
    }
  }
}
