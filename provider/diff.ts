import { type Plain, type PlainObject, hasUnknown, isObject } from "./wire.ts";

/** How one property changes. */
export type Kind = "add" | "delete" | "update";

/**
 * What changes in a UnitSet: property path → how, one entry for each file, unit and state. No change replaces the resource: a new address,
 * manager or account is an update like any other.
 *
 * Compares what the hosts have (the outputs) with what they should have (the new inputs). After an update that did not finish, the old
 * inputs are neither. Credentials, time limits, the policy of a rollout and `adopt` are not compared, because they change nothing on a
 * host.
 */
export function diffUnitSet(before: PlainObject, after: PlainObject): Map<string, Kind> {
  const changes = new Map<string, Kind>();
  const compare = (path: string, left: Plain | undefined, right: Plain | undefined) => {
    const kind = kindOf(left, right);
    if (kind) changes.set(path, kind);
  };
  for (const key of ["manager", "user"]) compare(key, before[key], after[key]);
  compare("linger", before.linger ?? false, after.linger ?? false);
  for (const collection of ["where", "units", "userUnits", "images"]) {
    for (const key of keysOf(before[collection], after[collection])) {
      compare(`${collection}["${key}"]`, field(before[collection], key), field(after[collection], key));
    }
  }
  for (const collection of ["files", "services", "userServices"]) {
    for (const key of keysOf(before[collection], after[collection])) {
      const left = field(before[collection], key);
      const right = field(after[collection], key);
      const path = `${collection}["${key}"]`;
      if (left === undefined || right === undefined) compare(path, left, right);
      else
        for (const inner of keysOf(left, right))
          compare(`${path}.${inner}`, withDefault(inner, left), withDefault(inner, right));
    }
  }
  // These make an `up` look at the hosts. The `up` then removes them.
  for (const note of ["pending", "drift"]) compare(note, before[note], undefined);
  return changes;
}

/** Whether the content differs, and not only `where`, `pending` or `drift`. */
export function isOtherContent(before: PlainObject, after: PlainObject): boolean {
  const paths = [...diffUnitSet(before, after).keys()];
  return paths.some((path) => !/^(where|pending|drift)\b/.test(path));
}

/** The value of a field that is left out, so that writing the default is no change. */
const defaults: PlainObject = {
  mode: "0644",
  active: true,
  enabled: false,
  reloadOn: [],
  restartOn: [],
  handover: false,
};

function withDefault(key: string, value: Plain): Plain | undefined {
  return field(value, key) ?? defaults[key];
}

function field(value: Plain | undefined, key: string): Plain | undefined {
  return isObject(value) ? (value as PlainObject)[key] : undefined;
}

function keysOf(...values: (Plain | undefined)[]): string[] {
  return [...new Set(values.flatMap((value) => (isObject(value) ? Object.keys(value) : [])))].sort();
}

function kindOf(left: Plain | undefined, right: Plain | undefined): Kind | undefined {
  if (left === undefined && right === undefined) return undefined;
  if (left === undefined) return "add";
  if (right === undefined) return "delete";
  if (hasUnknown(left) || hasUnknown(right)) return "update";
  return JSON.stringify(canonical(left)) === JSON.stringify(canonical(right)) ? undefined : "update";
}

/** With sorted keys, because their order means nothing. */
function canonical(value: Plain): Plain {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    keysOf(value).map((key) => [key, canonical((value as PlainObject)[key] ?? null)]),
  );
}
