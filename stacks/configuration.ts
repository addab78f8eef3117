import {
  ArgumentError,
  type ArgumentProblem,
  didYouMean,
  didYouMeanOf,
  pathText,
} from "../components/arguments/problems.ts";
import { type Layer, Layers } from "./layers.ts";
import { merge, valueAt } from "./merge.ts";
import { Places } from "./places.ts";
import { fleetSchema } from "./schema.ts";
import { type StackFile, isWrittenAs, markSecretFields, markSecrets, prefix } from "./secrets.ts";
import { type Texts, readTexts, textsFrom } from "./texts.ts";

/** Our keys with entries, and what each must be, for the error message. */
const entries: Record<keyof typeof fleetSchema.shape, string> = {
  hosts: 'the hosts by their names, as in { web-1: { address: "192.0.2.11" } }',
  sites: "the sites by their names, as in { www: { hosts: [web-1], … } }",
  proxies: "the proxies by their names, as in { front: { hosts: [web-1], … } }",
};
const keys = [...Object.keys(entries), "extends", "inventory"];

/** The configuration of an environment. */
export interface Configuration {
  /** Each of our keys by its name, with file references replaced by their texts, and with secrets marked. */
  readonly value: Record<string, unknown>;
  /** Where each value is written: in the uppermost file that has it. */
  readonly places: Places;
  readonly warnings: readonly string[];
}

/**
 * The configuration that the engine passes on from the stack file, merged over the files that the stack file extends.
 *
 * @param all full key → text: JSON, or empty for a key without a value
 * @param file the stack file itself. Undefined if it is not known
 * @param secretKeys the keys that have a secret at any depth
 * @param directory the project's
 * @throws ArgumentError for a key that is not known or has no names in it, and for a file that can't be read
 */
export function readConfiguration(
  all: Readonly<Record<string, string>>,
  file: StackFile | undefined,
  secretKeys: readonly string[],
  directory: string,
): Configuration {
  const resolve = textsFrom(directory);
  const problems: ArgumentProblem[] = [];
  const own: Record<string, unknown> = {};
  const files: Record<string, unknown> = {};
  const warnings: string[] = [];
  /** Keys whose values are not those of the stack file. */
  const foreign = new Set<PropertyKey>();
  const of = (path: readonly PropertyKey[]) => (foreign.has(path[0] ?? "") ? undefined : file);
  const at: Layer["at"] = (path) => of(path)?.at(path);
  const isBlank: Layer["isBlank"] = (path) => of(path)?.isBlank(path) ?? false;
  const texts: Pick<Texts, "problems" | "files"> = { problems: [], files: [] };
  for (const [fullKey, text] of Object.entries(all)) {
    if (!fullKey.startsWith(prefix)) {
      problems.push(...prefixProblems(fullKey, all, file));
      continue;
    }
    const key = fullKey.slice(prefix.length);
    // A key whose entries are all commented out. Pulumi 3.258 says that a future version will make it null.
    const isEmpty = ["", "null"].includes(text);
    if (!keys.includes(key)) {
      const message = `is not known.${didYouMeanOf(key, keys)}`;
      problems.push({ path: fullKey, message, where: at([key]) });
    } else if (!isEntries(key)) files[key] = isEmpty ? undefined : (parsed(text) ?? text);
    else if (!isEmpty) {
      const value = parsed(text);
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        problems.push({ path: fullKey, message: `must be ${entries[key]}`, where: at([key]) });
        continue;
      }
      const whole = readTexts(fleetSchema.shape[key], [key], value, resolve);
      texts.problems.push(...whole.problems);
      texts.files.push(...whole.files);
      const source = file?.config[fullKey];
      const isWritten = isWrittenAs(value, source);
      if (!isWritten) foreign.add(key);
      for (const path of whole.inClear)
        if (isWritten && typeof valueAt(source, path.slice(1)) === "string")
          warnings.push(
            `${pathText(path)} at ${at(path) ?? "?"} is a secret, and is not encrypted in the stack file.`,
          );
      // Secrets that are not in the file (--config-file, Pulumi ESC) can't be distinguished, so every value that may be a secret is marked.
      const lost = secretKeys.includes(fullKey) && !isWritten;
      own[key] = lost
        ? markSecretFields([fleetSchema.shape[key]], whole.value)
        : markSecrets(whole.value, source);
    }
  }
  const layers = new Layers(directory, resolve);
  layers.add(files, (key) => at([key]));
  const every = [...layers.all, { value: own, ...texts, at, isBlank }];
  const places = new Places(every);
  problems.push(...layers.problems, ...places.textProblems());
  const repeated: string[] = [];
  let value: unknown = {};
  for (const layer of every)
    value = merge(value, layer.value, {
      repeated: (path) => repeated.push(places.repetition(path, layer)),
      removed: (path) => {
        if (layer.isBlank(path))
          problems.push({ path: pathText(path), message: blank, where: layer.at(path) });
      },
      forgotten: (path, known) => {
        if (path.length < 2 || layer.isBlank(path)) return;
        const message = `is null, and no file below has it, so it removes nothing.${didYouMean(String(path.at(-1)), known)}`;
        problems.push({ path: pathText(path), message, where: layer.at(path) });
      },
    });
  if (problems.length > 0) throw new ArgumentError("the stack's configuration", problems);
  return { value: value as Record<string, unknown>, places, warnings: [...warnings, ...repeated] };
}

const blank = "has no value. Give it one, or write null to remove what a file below has.";

function isEntries(key: string): key is keyof typeof entries {
  return Object.hasOwn(entries, key);
}

/** What is wrong with a key of another project, if it is one of ours that lacks its prefix: Pulumi puts the name of the project before it. */
function prefixProblems(
  fullKey: string,
  all: Readonly<Record<string, string>>,
  file: StackFile | undefined,
): ArgumentProblem[] {
  const [project, key = ""] = fullKey.split(":");
  const isOurs = isEntries(key) && file !== undefined && Object.hasOwn(file.config, key);
  if (!isOurs || Object.hasOwn(all, `${prefix}${key}`)) return [];
  const message = `is a key of the project ${project}, because it has no prefix. Write "${prefix}${key}".`;
  return [{ path: key, message }];
}

/** Undefined if the text is not JSON. It may be a secret, which an error of JSON.parse() would quote. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
