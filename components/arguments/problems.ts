import { RunError } from "@pulumi/pulumi/errors.js";
import type { z } from "zod";
import { didYouMean, didYouMeanOf, nearest } from "../../units/nearest.ts";
import { misplacedOutputs } from "./misplaced-outputs.ts";
import { schemasAt } from "./schema-walk.ts";
import { wording } from "./wording.ts";

export { didYouMean, didYouMeanOf, nearest };

/** One thing that is wrong, and at which argument. */
export interface ArgumentProblem {
  /** As in `listen[0]` or `nginx["default.conf"]`. */
  path: string;
  message: string;
  /** Where it is written, "stacks/base.yaml:12:5", and which file has the text. */
  where?: string | undefined;
}

/** Everything that is wrong with the arguments of a component. It is shown without a stack trace. */
export class ArgumentError extends RunError {
  readonly problems: readonly ArgumentProblem[];

  constructor(what: string, problems: readonly ArgumentProblem[]) {
    super(
      [
        `${what}:`,
        ...problems.flatMap(({ path, message, where }, index) => [
          `  ${path === "" ? "" : `${path}: `}${message}`,
          // Of several at one place, once.
          ...(where === undefined || problems[index + 1]?.where === where ? [] : [`    at ${where}`]),
        ]),
      ].join("\n"),
    );
    this.problems = problems;
  }
}

/** What a value is by its schema, or what is wrong with it in the words of this project. */
export function parseArguments<T extends z.ZodType>(
  schema: T,
  value: unknown,
): { data: z.infer<T>; problems?: undefined } | { problems: ArgumentProblem[] } {
  const outputs = misplacedOutputs(schema, value);
  const { data, error } = schema.safeParse(value, { error: wording });
  if (error === undefined && outputs.length === 0) return { data };
  const issues = (error?.issues ?? []).filter(({ path }) => !outputs.some((one) => isWithin(path, one.path)));
  const found = issues.flatMap((issue) => problemsOfIssue(issue, [], schema));
  const meant = new Set(found.map((one) => one.meant));
  return {
    problems: [
      ...outputs.map(({ path, message }) => ({ path: pathText(path), message })),
      // What is missing only because its name is misspelled is not reported twice.
      ...found
        .filter((one) => !meant.has(one.path) || !isMissing(one))
        .map(({ path, message }) => ({ path, message })),
    ],
  };
}

/** Whether there is nothing at the path of the problem (wording.ts). */
export function isMissing({ message }: ArgumentProblem): boolean {
  return message.startsWith("is missing");
}

/** A problem, and for a name that is not known, the path of what was probably meant. */
type Found = ArgumentProblem & { meant?: string };

/** An Output is an object, of whose insides zod would say that they are not known. */
function isWithin(path: readonly PropertyKey[], above: readonly PropertyKey[]): boolean {
  return above.every((key, index) => path[index] === key);
}

/** @param above the path of what the issue's own path begins at */
function problemsOfIssue(issue: z.core.$ZodIssue, above: readonly PropertyKey[], schema: z.ZodType): Found[] {
  const whole = [...above, ...issue.path];
  const path = pathText(whole);
  if (issue.code === "invalid_union") {
    // The alternative that the value is of, but for a part of it.
    const meant = issue.errors.find((issues) =>
      issues.every(({ code, path: at }) => at.length > 0 || code === "unrecognized_keys"),
    );
    if (meant) return meant.flatMap((inner) => problemsOfIssue(inner, whole, schema));
  }
  if (issue.code === "unrecognized_keys") {
    const known = [...new Set(keysAt(schema, whole))];
    // The list of all keys is said once.
    const listed = issue.keys.findLast((key) => didYouMean(key, known) === "");
    return issue.keys.map((key) => {
      const hint = key === listed ? didYouMeanOf(key, known) : didYouMean(key, known);
      const at = (name: string) => (path === "" ? name : `${path}.${name}`);
      const near = nearest(key, known);
      const meant = near === undefined ? {} : { meant: at(near) };
      return { path: at(key), message: `is not known.${hint}`, ...meant };
    });
  }
  if (issue.code === "invalid_key") return [{ path, message: issue.issues[0]?.message ?? issue.message }];
  return [{ path, message: lowerFirst(issue.message) }];
}

/** `["sites", "a b", "listen", 0]` → `sites["a b"].listen[0]`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => {
      if (typeof key === "number") return `[${key}]`;
      const name = String(key);
      if (!/^[A-Za-z_][\w-]*$/.test(name)) return `["${name}"]`;
      return index === 0 ? name : `.${name}`;
    })
    .join("");
}

/** The keys that the schema knows at a path. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  return schemasAt(schema, path).flatMap(({ _zod: { def } }) => Object.keys(def.shape ?? {}));
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
