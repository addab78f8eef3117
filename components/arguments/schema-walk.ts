import { Output } from "@pulumi/pulumi/output.js";
import type { z } from "zod";
import { marks } from "../../resources/contract/fields.ts";

/** A schema, with what it is made of. */
export type Schema = z.ZodType & {
  _zod: {
    def: {
      type: string;
      shape?: Record<string, Schema>;
      innerType?: Schema;
      valueType?: Schema;
      options?: Schema[];
      element?: Schema;
    };
  };
};

/** The schemas of what is at a path: several where there is a choice. */
export function schemasAt(schema: z.ZodType, path: readonly PropertyKey[]): Schema[] {
  const { def } = (schema as Schema)._zod;
  if (def.innerType) return schemasAt(def.innerType, path);
  if (def.options) return def.options.flatMap((option) => schemasAt(option, path));
  const [key, ...rest] = path;
  if (key === undefined) return [schema];
  const { shape = {} } = def;
  // Not what every object has: a key may be called "toString".
  const field = Object.hasOwn(shape, key) ? shape[String(key)] : undefined;
  const next = field ?? def.valueType ?? def.element;
  return next ? schemasAt(next, rest) : [];
}

/** The schemas of what is below a key of something with these. */
export function below(schemas: readonly z.ZodType[], key: PropertyKey): Schema[] {
  return schemas.flatMap((schema) => schemasAt(schema, [key]));
}

/** Whether it is the schema of an Output (from-contract.ts). */
export function takesOutput(schema: z.ZodType, value: unknown = Output.create("")): boolean {
  return schema.type === "custom" && schema.safeParse(value).success;
}

/** Whether a text with these schemas may be a secret: the contract says it of its fields, and of the others those that take an Output. */
export function mayBeSecret(schemas: readonly z.ZodType[]): boolean {
  const ofContract = schemas.filter((schema) => marks.has(schema));
  return ofContract.length > 0
    ? ofContract.some((schema) => marks.get(schema)?.secret === true)
    : schemas.some((schema) => takesOutput(schema));
}
