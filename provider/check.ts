import { unitAt } from "../host/desired.ts";
import { type Fail, type Failure, checkShape } from "./check-shape.ts";
import { type Plain, type PlainObject, isObject, unknown } from "./wire.ts";

/** Everything that is wrong with the inputs of a UnitSet, all at once. What is not known yet is not wrong. */
export function checkUnitSet(inputs: PlainObject): Failure[] {
  const failures: Failure[] = [];
  const fail: Fail = (path, reason) => void failures.push({ path, reason });
  checkShape("UnitSetInputs", inputs, "", fail);
  if (failures.length === 0) checkTogether(inputs, fail);
  return failures;
}

function checkTogether(inputs: PlainObject, fail: Fail): void {
  const { manager, user, createUser, linger, units, files, services } = inputs as Record<
    string,
    Plain | undefined
  >;
  if (manager === "user" && user === undefined) fail("user", 'is missing: manager "user" needs the account');
  if (user === undefined && createUser === true) fail("createUser", "needs the account that is to be made");
  if (user === undefined && linger === true) fail("linger", "goes with an account (user) only");
  // Names of what is not known yet can't be missed.
  if (units === unknown || files === unknown) return;
  for (const path of Object.keys(isObject(files) ? files : {})) {
    const unit = manager === "system" || manager === "user" ? unitAt(manager, path) : undefined;
    if (unit !== undefined && isObject(units) && unit in units)
      fail(`files["${path}"]`, "is a unit of this set as well");
    if (/^(\/var\/lib|~\/\.local\/state)\/quadlet-fleet\//.test(path))
      fail(`files["${path}"]`, "is where quadlet-fleet keeps its own records");
  }
  const known = [...Object.keys(isObject(units) ? units : {}), ...Object.keys(isObject(files) ? files : {})];
  for (const [unit, service] of Object.entries(isObject(services) ? (services as PlainObject) : {})) {
    for (const list of ["reloadOn", "restartOn"]) {
      const names = isObject(service) ? (service as PlainObject)[list] : undefined;
      for (const name of Array.isArray(names) ? names : []) {
        if (typeof name === "string" && !known.includes(name))
          fail(`services["${unit}"].${list}`, `"${name}" is no file or unit of this set`);
      }
    }
  }
}
