import { ArgumentError, type ArgumentProblem, didYouMeanOf } from "../components/arguments/problems.ts";
import { fleetSchema } from "./schema.ts";
import { hasSecure, markSecretFields, markSecrets } from "./secrets.ts";
import { readTexts } from "./texts.ts";

const prefix = "quadlet-fleet:";

/** Our keys, and what each is, for the one who has written something else. */
const keys: Record<keyof typeof fleetSchema.shape, string> = {
  hosts: 'the hosts by their names, as in { web-1: { address: "192.0.2.11" } }',
  sites: "the sites by their names, as in { www: { hosts: [web-1], … } }",
  proxies: "the proxies by their names, as in { front: { hosts: [web-1], … } }",
};

/**
 * What the engine hands over, each of our keys by its name, with the texts of files in their places and its secrets marked.
 *
 * @param all full key → text: JSON, or nothing for a key without a value
 * @param file the same as it is written in the stack file; undefined where that is not known
 * @param secretKeys the keys with a secret somewhere
 * @param directory the project's
 * @throws ArgumentError for a key that is not known or has no names in it, and for a file that can't be read
 */
export function readConfiguration(
  all: Readonly<Record<string, string>>,
  file: Readonly<Record<string, unknown>> | undefined,
  secretKeys: readonly string[],
  directory: string,
): Record<string, unknown> {
  const configuration: Record<string, unknown> = {};
  const problems: ArgumentProblem[] = [];
  for (const [fullKey, text] of Object.entries(all)) {
    if (!fullKey.startsWith(prefix)) continue;
    const key = fullKey.slice(prefix.length);
    if (!isKey(key)) {
      const message = `is not known.${didYouMeanOf(key, Object.keys(keys))}`;
      problems.push({ path: fullKey, message });
      continue;
    }
    // A key whose entries are all commented out. Pulumi 3.258 says that a future version will make it null.
    if (["", "null"].includes(text)) continue;
    const value = parseObject(text);
    if (value === undefined) {
      problems.push({ path: fullKey, message: `must be ${keys[key]}` });
      continue;
    }
    const whole = readTexts(fleetSchema.shape[key], [key], value, directory);
    problems.push(...whole.problems);
    const source = file?.[fullKey];
    // Secrets that are not in the file (--config-file, Pulumi ESC) can't be told apart: all that may be one is one.
    const lost = secretKeys.includes(fullKey) && !hasSecure(source);
    configuration[key] = lost
      ? markSecretFields([fleetSchema.shape[key]], whole.value)
      : markSecrets(whole.value, source);
  }
  if (problems.length > 0) throw new ArgumentError("the stack's configuration", problems);
  return configuration;
}

function isKey(key: string): key is keyof typeof keys {
  return Object.hasOwn(keys, key);
}

/** Undefined for all that is no object. The text may be a secret, which an error of JSON.parse() would quote. */
function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
