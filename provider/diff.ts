import { type Plain, type PlainObject, hasUnknown, isObject } from "./wire.ts";

/** How one property changes. */
export type Kind = "add" | "delete" | "update";

/** What changes in a UnitSet. */
export interface Difference {
  /** Property path → how it changes, one entry for each file, unit and state. */
  changes: Map<string, Kind>;
  /** Paths of those that make another set of it. */
  replaces: string[];
}

/** What the engine has of a UnitSet: the inputs of the last operation that succeeded, and the outputs of the last one. */
export interface Before {
  inputs: PlainObject;
  outputs: PlainObject;
}

/**
 * Compares what the host has, as the outputs say, with what it shall have: after an update that broke off, the old inputs say
 * neither. Credentials, time limits and `adopt` are no difference: nothing on a host follows from them.
 */
export function diffUnitSet({ inputs, outputs }: Before, after: PlainObject): Difference {
  const changes = new Map<string, Kind>();
  const compare = (path: string, left: Plain | undefined, right: Plain | undefined) => {
    const kind = kindOf(left, right);
    if (kind) changes.set(path, kind);
  };
  const address = (connection: Plain | undefined) => field(connection, "address");
  const port = (connection: Plain | undefined) => field(connection, "port") ?? 22;
  compare("connection.address", address(inputs.connection), address(after.connection));
  for (const key of ["name", "manager", "user"]) compare(key, outputs[key], after[key]);
  const replaces = [...changes.keys()];
  compare("linger", outputs.linger ?? false, after.linger ?? false);
  // The same host by another way, most likely; if it is another one, the update finds nothing of ours there and makes it.
  compare("connection.port", port(inputs.connection), port(after.connection));
  compare("connection.jump", way(inputs.connection), way(after.connection));
  for (const collection of ["units", "images"]) {
    for (const key of keysOf(outputs[collection], after[collection])) {
      compare(`${collection}["${key}"]`, field(outputs[collection], key), field(after[collection], key));
    }
  }
  for (const collection of ["files", "services"]) {
    for (const key of keysOf(outputs[collection], after[collection])) {
      const left = field(outputs[collection], key);
      const right = field(after[collection], key);
      const path = `${collection}["${key}"]`;
      if (left === undefined || right === undefined) compare(path, left, right);
      else
        for (const inner of keysOf(left, right))
          compare(`${path}.${inner}`, withDefault(inner, left), withDefault(inner, right));
    }
  }
  // An `up` looks at the host because of these, and takes them away.
  for (const note of ["pending", "drift"]) compare(note, outputs[note], undefined);
  return { changes, replaces };
}

/** Whether the old value of a path is in the inputs: the connection is not kept in the outputs. */
export function isOfInputs(path: string): boolean {
  return path.startsWith("connection.");
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
