import { isDeepStrictEqual } from "node:util";

/**
 * Puts one value over another: maps are merged, everything else is replaced, and null removes.
 *
 * ```ts
 * merge({ a: 1, b: { c: [1, 2], d: 3 } }, { b: { c: [4], d: null } }) // { a: 1, b: { c: [4] } }
 * ```
 *
 * A null that removes nothing stays: its value was forgotten.
 *
 * @param told gets the paths of values that the upper value repeats unchanged or removes, and of a null that removes nothing
 */
export function merge(
  lower: unknown,
  upper: unknown,
  told: Told = {},
  path: readonly PropertyKey[] = [],
): unknown {
  if (!isMap(lower) || !isMap(upper)) {
    if (isPlain(upper) && isDeepStrictEqual(lower, upper)) told.repeated?.(path);
    return upper;
  }
  const merged = new Map(Object.entries(lower));
  for (const [key, value] of Object.entries(upper)) {
    const inner = [...path, key];
    if (!merged.has(key)) {
      merged.set(key, value);
      if (value === null) told.forgotten?.(inner, Object.keys(lower));
    } else if (value === null) {
      merged.delete(key);
      told.removed?.(inner);
    } else merged.set(key, merge(merged.get(key), value, told, inner));
  }
  return Object.fromEntries(merged);
}

/** Called during a merge. */
export interface Told {
  repeated?: (path: readonly PropertyKey[]) => void;
  removed?: (path: readonly PropertyKey[]) => void;
  /** @param known the keys of the lower map */
  forgotten?: (path: readonly PropertyKey[], known: readonly string[]) => void;
}

/** Whether a value is a map. An Output is not: it stands for one value. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Whether a value is free of Outputs, at any depth. Outputs are not compared, because they may be secrets. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return (Array.isArray(value) || isMap(value)) && Object.values(value).every(isPlain);
}

/** The value at a path. Undefined if there is none. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (here, key) => (hasKey(here, key) ? (here as Record<PropertyKey, unknown>)[key] : undefined),
    value,
  );
}

/** Whether there is a value at a path. */
export function hasAt(value: unknown, path: readonly PropertyKey[]): boolean {
  const key = path.at(-1);
  return key === undefined || hasKey(valueAt(value, path.slice(0, -1)), key);
}

function hasKey(value: unknown, key: PropertyKey): boolean {
  return (Array.isArray(value) || isMap(value)) && Object.hasOwn(value, key);
}
