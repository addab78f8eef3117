import { Output } from "@pulumi/pulumi/output.js";
import type { z } from "zod";
import { type Schema, schemasAt, takesOutput } from "./schema-walk.ts";

type Path = readonly PropertyKey[];

/** The secrets and other Outputs in a value that can't be one by its schema. */
export function misplacedOutputs(schema: z.ZodType, value: unknown): { path: Path; message: string }[] {
  return outputsIn(value, []).flatMap(({ path, found }) => {
    const choices = schemasAt(schema, path);
    // What is not known at all is told so.
    if (choices.length === 0 || choices.some((choice) => takesOutput(choice, found))) return [];
    const message = `can't be a secret or an Output${instead([...new Set(choices.flatMap(partsThatMay))])}`;
    return [{ path, message }];
  });
}

function outputsIn(value: unknown, path: Path): { path: Path; found: unknown }[] {
  if (Output.isInstance(value)) return [{ path, found: value }];
  if (Array.isArray(value)) return value.flatMap((inner, index) => outputsIn(inner, [...path, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => outputsIn(inner, [...path, key]));
}

function instead(parts: readonly string[]): string {
  if (parts.length === 0) return ". Give a plain value.";
  if (parts.includes("*")) return " as a whole. Each value in it may be one.";
  return ` as a whole. In it, these may be one or hold one: ${parts.join(", ")}.`;
}

/** The names in an object whose values may be one, or hold one: "*" for each in a record, "[]" in a list. */
function partsThatMay(schema: z.ZodType): string[] {
  const { shape, valueType, element } = (schema as Schema)._zod.def;
  if (shape) return Object.keys(shape).filter((key) => holds(shape[key] as Schema));
  const each = valueType ?? element;
  if (each === undefined || !holds(each)) return [];
  const [any, inner] = [valueType ? "*" : "[]", schemasAt(each, []).flatMap(partsThatMay)];
  return inner.length === 0 ? [any] : inner.map((part) => `${any}.${part}`);
}

function holds(schema: z.ZodType): boolean {
  return schemasAt(schema, []).some((choice) => takesOutput(choice) || partsThatMay(choice).length > 0);
}
