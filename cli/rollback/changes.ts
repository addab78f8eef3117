import { diffUnitSet } from "../../provider/diff.ts";
import type { Before } from "../../provider/operations/context.ts";
import { isPrivate } from "../../provider/version.ts";
import {
  type Wire,
  type WireObject,
  isObject,
  isSecret,
  isSecretAt,
  revealObject,
} from "../../provider/wire.ts";
import type { Values } from "../engine-json.ts";
import { harmless } from "../output.ts";
import { hunksOf } from "../review/hunks.ts";
import { diffOf, secret } from "../review/preview.ts";

/** At most this many properties are shown. The others are counted. */
const mostProperties = 50;
/** At most this many lines of each property are shown. */
const mostLines = 40;
const mostCharacters = 300;

/**
 * What a rollback changes: each property with its changed lines, as in a review. Secrets, and the content of files that only their owner
 * may read, are "[secret]". Pure.
 *
 * @param before the last operation
 * @param inputs the inputs of the previous version, in which a host may have written anything
 */
export function changesOf(before: Before, inputs: WireObject): string[] {
  const sides = [before.properties, before.inputs, inputs];
  const outputs = withoutSecrets(before.properties, sides) as Values;
  const next = withoutSecrets(inputs, sides) as Values;
  const changes = [...diffUnitSet(revealObject(before.properties), revealObject(inputs))]
    .filter(([path]) => !/^(where|pending|drift)\b/.test(path))
    .flatMap(([path, kind]) => diffOf(path, kind, { outputs }, { inputs: next }) ?? [])
    .map((diff) => {
      const [head = "", ...lines] = hunksOf(diff);
      return [head, ...atMost(mostLines, "lines", lines).map((line) => `  ${line}`)];
    });
  return atMost(mostProperties, "properties", changes)
    .flat()
    .map((line) => `  ${shortened(harmless(line))}`);
}

/** Replaces each value that is a secret on one of the sides. */
function withoutSecrets(value: Wire, sides: readonly WireObject[], path: readonly string[] = []): unknown {
  if (isSecret(value) || sides.some((side) => isSecretAt(side, path) || isPrivateAt(side, path)))
    return secret;
  if (Array.isArray(value)) return value.map((inner) => withoutSecrets(inner, sides, [...path, "[]"]));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value as WireObject).map(([key, inner]) => [
      key,
      withoutSecrets(inner, sides, [...path, key]),
    ]),
  );
}

function isPrivateAt(side: WireObject, [part, file = "", field]: readonly string[]): boolean {
  return part === "files" && field === "content" && isPrivate(side, file);
}

function atMost<T>(most: number, what: string, all: readonly T[]): (T | string)[] {
  if (all.length <= most) return [...all];
  return [...all.slice(0, most), `… and ${all.length - most} more ${what}`];
}

function shortened(line: string): string {
  return line.length <= mostCharacters ? line : `${line.slice(0, mostCharacters)}…`;
}
