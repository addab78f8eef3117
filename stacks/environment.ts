import { join } from "node:path";
import { ArgumentError, pathText } from "../components/arguments/problems.ts";
import { type Layer, Layers } from "./layers.ts";
import { isMap, merge, valueAt } from "./merge.ts";
import { fleetSchema } from "./schema.ts";
import { isSecure, readStackFile } from "./secrets.ts";
import { type Reference, type Resolve, readTexts } from "./texts.ts";

const prefix = "quadlet-fleet:";

/** A value that is no map, or an empty one, and the files that have it: the first one counts. */
export interface Setting {
  readonly path: string;
  /** As text: "[secret]" for a secret, `{ file: … }` for a text in a file. */
  readonly value: string;
  readonly from: readonly { readonly where: string; readonly value: string }[];
}

/** Stands for a text that is elsewhere. */
class Elsewhere {
  readonly text: string;
  constructor(reference: Reference | "[secret]") {
    this.text = reference === "[secret]" ? reference : shown(reference);
  }
}

/**
 * All settings of an environment as its files have them, without Pulumi: no secret is decrypted, and no text read.
 *
 * @param directory the project's
 * @returns undefined where the environment has no stack file
 * @throws ArgumentError for a file that can't be read
 */
export function settingsOf(directory: string, stack: string): Setting[] | undefined {
  const name = join("stacks", `Pulumi.${stack}.yaml`);
  const file = readStackFile(join(directory, name), name);
  if (!file) return undefined;
  const resolve: Resolve = (reference) => ({ value: new Elsewhere(reference) });
  const layers = new Layers(directory, resolve);
  const at: Layer["at"] = ([key, ...rest]) => file.at([`${prefix}${String(key)}`, ...rest]);
  const of = (key: string) => file.config[`${prefix}${key}`];
  layers.add({ extends: of("extends"), inventory: of("inventory") }, (key) => at([key]));
  if (layers.problems.length > 0) throw new ArgumentError("the files of the environment", layers.problems);
  const own = Object.fromEntries(
    Object.keys(fleetSchema.shape).flatMap((key) => (isMap(of(key)) ? [[key, withoutSecrets(of(key))]] : [])),
  );
  const { value, problems } = readTexts(fleetSchema, [], own, resolve);
  const all = [...layers.all, { value: value as Layer["value"], problems, at }];
  return leaves(all.reduce<unknown>((below, layer) => merge(below, layer.value), {})).map(([path, one]) => ({
    path: pathText(path),
    value: shown(one),
    from: all.toReversed().flatMap((layer) => {
      const where = layer.at(path);
      return where === undefined ? [] : [{ where, value: shown(valueAt(layer.value, path)) }];
    }),
  }));
}

function withoutSecrets(value: unknown): unknown {
  if (isSecure(value)) return new Elsewhere("[secret]");
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecrets(inner)]));
}

function leaves(
  value: unknown,
  path: readonly PropertyKey[] = [],
): (readonly [readonly PropertyKey[], unknown])[] {
  if (!isMap(value) || Object.keys(value).length === 0) return path.length === 0 ? [] : [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

/** As YAML has it in one line. */
function shown(value: unknown): string {
  if (value instanceof Elsewhere) return value.text;
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const inner = Object.entries(value).map(([key, one]) => `${key}: ${shown(one)}`);
    return inner.length === 0 ? "{}" : `{ ${inner.join(", ")} }`;
  }
  return typeof value === "string" && !/[\n"]/.test(value) ? value : JSON.stringify(value);
}
