import { Output } from "@pulumi/pulumi/output.js";
import { z } from "zod";
import { marks } from "../../resources/contract/fields.ts";
import type { Schema as AnySchema } from "./schema-walk.ts";
import { choiceWords } from "../../units/rules.ts";
import { anyText, oneOf, range, required, wholeNumber } from "./wording.ts";

type Schema = AnySchema & { minValue?: number; maxValue?: number };

const output = <T>() => z.custom<Output<T>>((value) => Output.isInstance(value));

/** A text that may still be unknown. */
export const inputText = (schema: z.ZodString = z.string(), words = anyText) =>
  z.union([schema, output<string>()], words);

interface Options {
  /** Whether each value may be an Output. */
  outputs: boolean;
  /** How often a shape may be within itself. A schema without an end would follow an Output for ever. */
  depth: number;
  /** What is said of the whole. */
  error?: ReturnType<typeof oneOf>["error"];
}

/** The schema of an object of the contract as an argument: the same fields and rules, with the words of arguments. */
export function argumentSchema<S extends z.ZodRawShape, T extends z.ZodRawShape = S>(
  schema: z.ZodObject<S>,
  { outputs = false, depth = 1, error }: Partial<Options> = {},
): z.ZodObject<T, z.core.$strict> {
  const { shape } = objectSchema(schema as unknown as Schema, { outputs, depth }, []);
  return z.strictObject(shape, error && { error }) as z.ZodObject<T, z.core.$strict>;
}

function objectSchema(schema: Schema, options: Options, above: readonly Schema[]): z.ZodObject {
  const within = [...above, schema];
  const fields = Object.entries(schema._zod.def.shape ?? {}).flatMap(([name, field]) => {
    const inner = field._zod.def.innerType;
    if (within.filter((one) => one === inner).length >= options.depth) return [];
    const argument = argumentOf(inner ?? field, options, within);
    return [[name, inner ? argument.optional() : argument] as const];
  });
  return z.strictObject(Object.fromEntries(fields));
}

function argumentOf(schema: Schema, options: Options, above: readonly Schema[]): z.ZodType {
  const { type, options: choices = [] } = schema._zod.def;
  const { what = "text", example } = marks.get(schema) ?? {};
  const mayBeOutput = (known: z.ZodType, words: ReturnType<typeof oneOf>) =>
    options.outputs ? z.union([known, output()], words) : known;
  const kind: string = type;
  switch (kind) {
    case "object":
      return objectSchema(schema, options, above);
    case "string":
      return mayBeOutput(schema, example === undefined ? oneOf(what) : required(what, example));
    case "number": {
      const [least, most] = [schema.minValue ?? 0, schema.maxValue ?? 0];
      return mayBeOutput(wholeNumber(least, most), range(least, most));
    }
    case "enum":
      return mayBeOutput(schema, oneOf(choiceWords((schema as unknown as z.ZodEnum).options)));
    case "boolean":
      return mayBeOutput(schema, oneOf("true or false"));
    case "union": {
      // What may be an object is known itself, and its fields may be Outputs.
      const isObject = choices.some(({ _zod: { def } }) => def.type === "object");
      const parts = choices.map((choice) =>
        choice._zod.def.type === "object" ? argumentOf(choice, options, above) : choice,
      );
      return z.union(options.outputs && !isObject ? [...parts, output()] : parts, oneOf(what));
    }
    default:
      return schema;
  }
}
