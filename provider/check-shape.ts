import { type ValueType, contract } from "../resources/contract-data.ts";
import { didYouMeanOf } from "../units/nearest.ts";
import { choiceWords, entryRules, rules, wholeNumberWords } from "../units/rules.ts";
import { type Plain, type PlainObject, isObject, unknown } from "./wire.ts";

/** One thing that is wrong with the inputs. */
export interface Failure {
  /** Property path, as in `units["x.socket"]`. */
  path: string;
  reason: string;
}

export type Fail = (path: string, reason: string) => void;

/**
 * Reports what is wrong with an object according to the contract. Values that are not known yet are accepted. No reason contains the value
 * of a field, which may be a secret.
 *
 * @param name of the object's type in resources/contract/
 */
export function checkShape(name: string, value: Plain, path: string, fail: Fail): void {
  if (value === unknown) return;
  if (!isObject(value)) {
    fail(path, "must be an object");
    return;
  }
  const fields = contract[name]?.fields ?? {};
  const at = (key: string) => (path === "" ? key : `${path}.${key}`);
  for (const [key, { required }] of Object.entries(fields))
    if (required && (value as PlainObject)[key] === undefined) fail(at(key), "is missing");
  for (const [key, inner] of Object.entries(value)) checkField(name, key, inner, at(key), fail);
}

/** The same for one field, which the contract may not have. */
export function checkField(shape: string, key: string, value: Plain, path: string, fail: Fail): void {
  const fields = contract[shape]?.fields ?? {};
  const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (!field) fail(path, `is not known.${didYouMeanOf(key, Object.keys(fields))}`);
  else checkValue(field.type, value, path, fail);
}

function checkValue(type: ValueType, value: Plain, path: string, fail: Fail): void {
  if (value === unknown || ("orFlag" in type && typeof value === "boolean")) return;
  if ("orNumber" in type && Number.isInteger(value) && Number(value) >= 0) return;
  if (type.kind === "shape" && (isObject(value) || type.what === undefined))
    checkShape(type.shape, value, path, fail);
  else if (type.kind === "map" && isObject(value)) checkMap(type, value, path, fail);
  else if (type.kind === "list" && Array.isArray(value))
    value.forEach((inner, index) => checkValue(type.of, inner, `${path}[${index}]`, fail));
  else {
    const reason = problemOf(type, value);
    if (reason !== undefined) fail(path, reason);
  }
}

/** What is wrong with a simple value, or with one that should be an object or a list. */
function problemOf(type: ValueType, value: Plain): string | undefined {
  const unless = (isRight: boolean, what: string) => (isRight ? undefined : `must be ${what}`);
  switch (type.kind) {
    case "shape":
      return `must be ${type.what ?? "an object"}`;
    case "map":
      return "must be an object";
    case "list":
      return "must be a list";
    case "text":
      if (typeof value !== "string") return `must be ${type.orFlag || type.orNumber ? type.what : "text"}`;
      return type.rule && rules[type.rule](value);
    case "words":
      return unless(typeof value === "string" && type.words.includes(value), choiceWords(type.words));
    case "flag":
      return unless(typeof value === "boolean", "true or false");
    case "wholeNumber": {
      const { least, most } = type;
      const isRight = Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
      return unless(isRight, wholeNumberWords(least, most));
    }
  }
}

function checkMap(
  { key, of, entryRule }: Extract<ValueType, { kind: "map" }>,
  value: PlainObject,
  path: string,
  fail: Fail,
): void {
  for (const [name, inner] of Object.entries(value)) {
    const at = `${path}["${name}"]`;
    const problems = [
      key.rule && rules[key.rule](name),
      entryRule && typeof inner === "string" ? entryRules[entryRule](inner, name) : undefined,
    ];
    for (const problem of problems) if (problem !== undefined) fail(at, problem);
    checkValue(of, inner, at, fail);
  }
}
