import { z } from "zod";
import { choiceWords, wholeNumberWords } from "../../units/rules.ts";

/** Of a text in which there is one. */
export const holdsControl = "can't hold a newline or another control character";

/** zod's `error` of a schema: a message, or undefined where another one is meant. */
type Wording = (issue: z.core.$ZodRawIssue) => string | undefined;

/** The issues of a value that is not there, or is of another kind. */
const kinds: readonly string[] = ["invalid_type", "invalid_value", "invalid_union"];

/**
 * For an argument that has to be there.
 *
 * ```ts
 * z.array(z.string(), required("a list of addresses", '["0.0.0.0:8080"]'))
 * // listen: is missing: a list of addresses, as in ["0.0.0.0:8080"]
 * ```
 */
export function required(what: string, example: string): { error: Wording } {
  return {
    error: ({ code, input }) =>
      kinds.includes(code)
        ? `${isThere(input) ? "must be" : "is missing:"} ${what}, as in ${example}`
        : undefined,
  };
}

/** For one that is of several kinds. */
export function oneOf(what: string): { error: Wording } {
  return {
    error: ({ code, input }) => (kinds.includes(code) && isThere(input) ? `must be ${what}` : undefined),
  };
}

/** For any text. */
export const anyText: { error: Wording } = {
  error: ({ code, input }) =>
    kinds.includes(code) && isThere(input) ? `must be text${unquoted(input)}` : undefined,
};

/** For a whole number: the range, and what is there. */
export function range(least: number, most: number, example = least): { error: Wording } {
  const what = wholeNumberWords(least, most);
  return {
    error: ({ input }) =>
      isThere(input) ? `must be ${what}${found(input)}` : `is missing: ${what}, as in ${example}`,
  };
}

export function wholeNumber(least: number, most: number, example = least): z.ZodInt {
  const words = range(least, most, example);
  return z.int(words).min(least, words).max(most, words);
}

function found(input: unknown): string {
  if (typeof input === "number") return `, and is ${input}`;
  if (typeof input !== "string" || !/^[0-9]{1,20}$/.test(input)) return "";
  return `, and is the text "${input}". Remove the quotes.`;
}

/** A key of YAML without a value is null. */
function isThere(input: unknown): boolean {
  return input !== undefined && input !== null;
}

const names: Record<string, string> = {
  string: "text",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/** What is not text because it has no quotes. The number is not shown: it may be a password. */
function unquoted(input: unknown): string {
  const what =
    typeof input === "boolean" ? String(input) : typeof input === "number" ? "a number" : undefined;
  return what === undefined ? "" : `, and is ${what}. Put it in quotes.`;
}

/** For everything without its own words. */
export const wording: Wording = (issue) => {
  if (issue.code === "too_small" && issue.origin === "number" && issue.inclusive)
    return `must be ${issue.minimum} or more`;
  if (!kinds.includes(issue.code)) return undefined;
  if (issue.input === undefined) return "is missing";
  if (issue.input === null) return "has no value. Give it one, or leave it out.";
  if (issue.code === "invalid_type") {
    const quotes = issue.expected === "string" ? unquoted(issue.input) : "";
    return `must be ${names[issue.expected] ?? issue.expected}${quotes}`;
  }
  if (issue.code === "invalid_value") return `must be ${choiceWords(issue.values)}`;
  return undefined;
};
