import { type Plain, type PlainObject, hasUnknown, isObject } from "./wire.ts";

/** How one property changes. */
export type Kind = "add" | "delete" | "update";

/**
 * What changes in a UnitSet: property path → how, one entry for each file, unit and state. Nothing makes another resource of it: a new
 * address, manager or account reaches the hosts as any change does.
 *
 * Compares what the hosts have, as the outputs say, with what they shall have: after an update that did not finish, the old inputs say
 * neither. Credentials, time limits, the policy of a rollout and `adopt` are no difference: nothing on a host follows from them.
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
  // An `up` looks at the hosts because of these, and takes them away.
  for (const note of ["pending", "drift"]) compare(note, before[note], undefined);
  return changes;
}

/** Whether anything differs besides single hosts: what each of them has. */
export function isOtherContent(before: PlainObject, after: PlainObject): boolean {
  const paths = [...diffUnitSet(before, after).keys()];
  return paths.some((path) => !/^(where|pending|drift)\b/.test(path));
}

/** What a field means where it is left out, so that writing the default changes nothing. */
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

/** With sorted keys, so that an order that means nothing makes no difference. */
function canonical(value: Plain): Plain {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    keysOf(value).map((key) => [key, canonical((value as PlainObject)[key] ?? null)]),
  );
}
