import { quoteContainerEnvironment, quoteEnvironment } from "./escape.ts";
import type { Section } from "./model.ts";
import { UnwritableValueError } from "./serialize.ts";

/** One or more texts. An empty list writes nothing. */
export type Many = string | readonly string[];

/** Names and values of environment variables. */
export type Variables = Readonly<Record<string, string>>;

/** What a field of each kind holds. How it is written: {@link section}. */
interface Kinds {
  /** One line, as it is given: `%` and `$` keep their meaning (for literal text: escapeLiteral). */
  value: string | number | boolean;
  /** One line, with a space between the items. A text that is not a list is written as it is given. */
  list: Many;
  /** One line each, as it is given. */
  repeated: Many;
  /** One line for each variable, for `[Service]`: `%` keeps its meaning. */
  environment: Variables;
  /** One line for each variable, for `[Container]`: its value arrives as it is given. */
  containerEnvironment: Variables;
}

/**
 * The kind of each field, in the order of the output. A field with a kind that does not fit does not compile. The key is the field's name
 * with a capital letter: `StopTimeout=` for `stopTimeout`.
 */
export type KeySpecs<Fields> = { [Field in keyof Fields]-?: KindFor<Exclude<Fields[Field], undefined>> };

type KindFor<Value> = { [Kind in keyof Kinds]: [Value] extends [Kinds[Kind]] ? Kind : never }[keyof Kinds];

/**
 * A section with the fields that are given, in the order of the specs.
 *
 * @throws UnwritableValueError, which names section and key, for what its kind can't write: a list item with white space or quotes, a
 *   number that is not finite, and what the functions of escape.ts refuse
 * @example
 * ```ts
 * section(unitKeys, "Unit", { after: ["a.socket", "b.socket"] });
 * // { name: "Unit", entries: [{ key: "After", value: "a.socket b.socket" }] }
 * ```
 */
export function section<Fields extends object>(
  specs: KeySpecs<Fields>,
  name: string,
  fields: Fields,
): Section {
  // TypeScript accepts an object with additional fields if it is not a literal, and the line would just be missing.
  const stranger = Object.keys(fields).find((field) => !Object.hasOwn(specs, field));
  if (stranger !== undefined) throw new UnwritableValueError(name, stranger, "there is no such field.");
  const known = Object.entries(specs) as [keyof Fields & string, keyof Kinds][];
  const entries = known.flatMap(([field, kind]) => {
    const value = fields[field];
    if (value === undefined) return [];
    const key = field.charAt(0).toUpperCase() + field.slice(1);
    return lines(kind, value, name, key).map((line) => ({ key, value: line }));
  });
  return { name, entries };
}

function lines(kind: keyof Kinds, value: unknown, section: string, key: string): string[] {
  try {
    return writers[kind](value as never);
  } catch (error) {
    throw new UnwritableValueError(section, key, (error as Error).message);
  }
}

const writers: { [Kind in keyof Kinds]: (value: Kinds[Kind]) => string[] } = {
  value: (value) => [scalar(value)],
  list: (value) => (typeof value === "string" ? [value] : joined(value)),
  repeated: (value) => many(value),
  environment: (value) => each(value, quoteEnvironment),
  containerEnvironment: (value) => each(value, quoteContainerEnvironment),
};

function scalar(value: Kinds["value"]): string {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new Error(`${value} is not a number that can be written.`);
  return String(value);
}

function joined(items: readonly string[]): string[] {
  return items.length === 0 ? [] : [items.map(listItem).join(" ")];
}

/** No quoting here: in lists of units systemd reads quotes but no escapes, and a `\x2d` in a name has to stay as it is. */
function listItem(item: string): string {
  if (item !== "" && !/[\s"']/.test(item)) return item;
  throw new Error("an item of the list is empty or holds white space or a quote.");
}

function many(value: Many): string[] {
  return typeof value === "string" ? [value] : [...value];
}

function each(variables: Variables, quote: (variable: Variables) => string): string[] {
  return Object.entries(variables).map(([name, value]) => quote({ [name]: value }));
}
