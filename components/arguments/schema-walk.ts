import type { z } from "zod";

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
