import { join } from "node:path";
import { stringify } from "yaml";
import { ArgumentError, pathText } from "../components/arguments/problems.ts";
import { type Layer, Layers } from "./layers.ts";
import { hasAt, isMap, merge, valueAt } from "./merge.ts";
import { fleetSchema } from "./schema.ts";
import { isSecure, prefix, readStackFile } from "./secrets.ts";
import { type Reference, type Resolve, readTexts } from "./texts.ts";

/** A value that is not a map, or is an empty map, and the files that set it. The first file counts. */
export interface Setting {
  readonly path: string;
  /** Whether an upper file removes it. */
  readonly isRemoved?: boolean;
  /** As text: "[secret]" for a secret, `{ file: … }` for a text in a file. */
  readonly value: string;
  readonly from: readonly { readonly where: string; readonly value: string }[];
}

/** Stands for a text from a file or variable, or for a secret. */
class Elsewhere {
  readonly text: Reference | "[secret]";
  constructor(text: Reference | "[secret]") {
    this.text = text;
  }
}

/**
 * All settings of an environment from its files, without Pulumi: no secret is decrypted, and no referenced text is read.
 *
 * @param directory the project's
 * @returns undefined if the environment has no stack file
 * @throws ArgumentError for a file that can't be read
 */
export function settingsOf(directory: string, stack: string): Setting[] | undefined {
  const name = join("stacks", `Pulumi.${stack}.yaml`);
  const file = readStackFile(join(directory, name), name);
  if (!file) return undefined;
  const resolve: Resolve = (reference) => ({ value: new Elsewhere(reference) });
  const layers = new Layers(directory, resolve);
  const { at } = file;
  const of = (key: string) => file.config[`${prefix}${key}`] ?? {};
  layers.add(
    { extends: file.config[`${prefix}extends`], inventory: file.config[`${prefix}inventory`] },
    (key) => at([key]),
  );
  const kinds = Object.keys(fleetSchema.shape);
  const wrong = kinds
    .filter((key) => !isMap(of(key)))
    .map((key) => ({ path: key, message: "must be entries by their names", where: at([key]) }));
  const own = Object.fromEntries(kinds.map((key) => [key, withoutSecrets(of(key))]));
  const { value, problems, inClear } = readTexts(fleetSchema, [], own, resolve);
  const hidden = inClear.reduce<unknown>(
    (all, path) => replaced(all, path, new Elsewhere("[secret]")),
    value,
  );
  const every = [...layers.all, { value: hidden as Layer["value"], at }];
  const found = [
    ...layers.problems,
    ...wrong,
    ...problems.map((one) => ({ path: one.path, message: one.message, where: at(one.at) })),
  ];
  if (found.length > 0) throw new ArgumentError("the files of the environment", found);
  const removals: (readonly PropertyKey[])[] = [];
  const merged = every.reduce<unknown>(
    (below, layer) => merge(below, layer.value, { removed: (path) => removals.push(path) }),
    {},
  );
  return [
    ...leaves(merged).map(([path, one]) => ({
      path: pathText(path),
      value: shown(one),
      from: sources(every, path),
    })),
    ...removals
      .filter((path) => !hasAt(merged, path))
      .map((path) => ({
        path: pathText(path),
        value: "(removed)",
        isRemoved: true,
        from: sources(every, path),
      })),
  ];
}

/** The files that set a value, the uppermost first, down to one that removes the value or its parent. */
function sources(
  layers: readonly Pick<Layer, "value" | "at">[],
  path: readonly PropertyKey[],
): Setting["from"] {
  const found: { where: string; value: string }[] = [];
  for (const layer of layers.toReversed()) {
    const removed = path.findIndex((_, index) => valueAt(layer.value, path.slice(0, index + 1)) === null);
    const reached = removed === -1 ? path : path.slice(0, removed + 1);
    const where = layer.at(reached);
    if (removed !== -1) return [...found, { where: where ?? "?", value: "null, which removes it" }];
    if (where !== undefined) found.push({ where, value: shown(valueAt(layer.value, path)) });
  }
  return found;
}

function withoutSecrets(value: unknown): unknown {
  if (isSecure(value)) return new Elsewhere("[secret]");
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecrets(inner)]));
}

function replaced(value: unknown, [key, ...rest]: readonly PropertyKey[], by: unknown): unknown {
  if (key === undefined) return by;
  const entries = Object.entries(value as object).map(([name, inner]): [string, unknown] => [
    name,
    name === String(key) ? replaced(inner, rest, by) : inner,
  ]);
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}

function leaves(
  value: unknown,
  path: readonly PropertyKey[] = [],
): (readonly [readonly PropertyKey[], unknown])[] {
  if (!isMap(value) || Object.keys(value).length === 0) return path.length < 2 ? [] : [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

/** A value as YAML in one line. */
function shown(value: unknown): string {
  if (value instanceof Elsewhere && value.text === "[secret]") return value.text;
  return stringify(plain(value), {
    collectionStyle: "flow",
    flowCollectionPadding: true,
    lineWidth: 0,
  }).trim();
}

function plain(value: unknown): unknown {
  if (value instanceof Elsewhere) return value.text;
  if (Array.isArray(value)) return value.map(plain);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
