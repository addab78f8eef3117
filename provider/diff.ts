import { type Plain, type PlainObject, hasUnknown, isObject } from "./wire.ts";

/** How one property changes. */
export type Kind = "add" | "delete" | "update";

/** What changes between old and new inputs of a UnitSet. */
export interface Difference {
  /** Property path → how it changes, one entry for each file, unit and state. */
  changes: Map<string, Kind>;
  /** Paths of those that make another set of it. */
  replaces: string[];
}

/** Compares inputs. Credentials, time limits and `adopt` are no difference: nothing on a host follows from them. */
export function diffUnitSet(before: PlainObject, after: PlainObject): Difference {
  const changes = new Map<string, Kind>();
  const compare = (path: string, left: Plain | undefined, right: Plain | undefined) => {
    const kind = kindOf(left, right);
    if (kind) changes.set(path, kind);
  };
  const address = (inputs: PlainObject) => field(inputs.connection, "address");
  compare("connection.address", address(before), address(after));
  for (const key of ["name", "manager", "user"]) compare(key, before[key], after[key]);
  const replaces = [...changes.keys()];
  compare("linger", before.linger ?? false, after.linger ?? false);
  // No input says this: it comes from a refresh, and the next `up` takes it away.
  compare("accountIsGone", before.accountIsGone, after.accountIsGone);
  // The same host by another way, most likely; if it is another one, the update finds nothing of ours there and makes it.
  compare("connection.port", field(before.connection, "port") ?? 22, field(after.connection, "port") ?? 22);
  compare("connection.jump", way(before.connection), way(after.connection));
  for (const collection of ["units", "unitModes", "images"]) {
    for (const key of keysOf(before[collection], after[collection])) {
      compare(`${collection}["${key}"]`, field(before[collection], key), field(after[collection], key));
    }
  }
  for (const collection of ["files", "services"]) {
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
  return { changes, replaces };
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

/** The jump hosts without their credentials. */
function way(connection: Plain | undefined): Plain | undefined {
  const jump = field(connection, "jump");
  if (!jump) return jump;
  const further = way(jump);
  return {
    ...{ address: field(jump, "address") ?? null, port: field(jump, "port") ?? 22 },
    ...(further === undefined ? {} : { jump: further }),
  };
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
