import {
  ArgumentError,
  type ArgumentProblem,
  didYouMeanOf,
  pathText,
} from "../components/arguments/problems.ts";
import { type Layer, Layers } from "./layers.ts";
import { merge, valueAt } from "./merge.ts";
import { Places } from "./places.ts";
import { fleetSchema } from "./schema.ts";
import { type StackFile, hasSecure, markSecretFields, markSecrets } from "./secrets.ts";
import { type Texts, readTexts, textsFrom } from "./texts.ts";

const prefix = "quadlet-fleet:";

/** Our keys with entries, and what each is, for the one who has written something else. */
const entries: Record<keyof typeof fleetSchema.shape, string> = {
  hosts: 'the hosts by their names, as in { web-1: { address: "192.0.2.11" } }',
  sites: "the sites by their names, as in { www: { hosts: [web-1], … } }",
  proxies: "the proxies by their names, as in { front: { hosts: [web-1], … } }",
};
const keys = [...Object.keys(entries), "extends", "inventory"];

/** The configuration of an environment. */
export interface Configuration {
  /** Each of our keys by its name, with the texts of files in their places and its secrets marked. */
  readonly value: Record<string, unknown>;
  /** Where a value is written: the uppermost file that has it. */
  readonly places: Places;
  readonly warnings: readonly string[];
}

/**
 * What the engine hands over of the stack file, over the files that it extends.
 *
 * @param all full key → text: JSON, or nothing for a key without a value
 * @param file the same as it is written in the stack file; undefined where that is not known
 * @param secretKeys the keys with a secret somewhere
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
  const at: Layer["at"] = ([key, ...rest]) => file?.at([`${prefix}${String(key)}`, ...rest]);
  const texts: Texts["problems"] = [];
  for (const [fullKey, text] of Object.entries(all)) {
    if (!fullKey.startsWith(prefix)) continue;
    const key = fullKey.slice(prefix.length);
    // A key whose entries are all commented out. Pulumi 3.258 says that a future version will make it null.
    const isEmpty = ["", "null"].includes(text);
    if (!keys.includes(key)) {
      const message = `is not known.${didYouMeanOf(key, keys)}`;
      problems.push({ path: fullKey, message, where: at([key]) });
    } else if (!isEntries(key)) files[key] = parsed(text) ?? text;
    else if (!isEmpty) {
      const value = parsed(text);
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        problems.push({ path: fullKey, message: `must be ${entries[key]}`, where: at([key]) });
        continue;
      }
      const whole = readTexts(fleetSchema.shape[key], [key], value, resolve);
      texts.push(...whole.problems);
      const source = file?.config[fullKey];
      for (const path of whole.inClear)
        if (typeof valueAt(source, path.slice(1)) === "string")
          warnings.push(
            `${pathText(path)} at ${at(path) ?? "?"} is a secret, and is in clear in the stack file.`,
          );
      // Secrets that are not in the file (--config-file, Pulumi ESC) can't be told apart: all that may be one is one.
      const lost = secretKeys.includes(fullKey) && !hasSecure(source);
      own[key] = lost
        ? markSecretFields([fleetSchema.shape[key]], whole.value)
        : markSecrets(whole.value, source);
    }
  }
  const layers = new Layers(directory, resolve);
  layers.add(files, (key) => at([key]));
  const every = [...layers.all, { value: own, problems: texts, at }];
  const places = new Places(every);
  problems.push(...layers.problems, ...places.textProblems());
  if (problems.length > 0) throw new ArgumentError("the stack's configuration", problems);
  const repeated: string[] = [];
  const value = every.reduce<unknown>(
    (below, layer) => merge(below, layer.value, (path) => repeated.push(places.repetition(path, layer))),
    {},
  );
  return { value: value as Record<string, unknown>, places, warnings: [...warnings, ...repeated] };
}

function isEntries(key: string): key is keyof typeof entries {
  return Object.hasOwn(entries, key);
}

/** Undefined for what is no JSON. The text may be a secret, which an error of JSON.parse() would quote. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
