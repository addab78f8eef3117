import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { z } from "zod";
import { ArgumentError } from "../../components/index.ts";
import { proxySchema } from "../../components/proxy/arguments.ts";
import { argumentsSchema } from "../../components/site/arguments.ts";
import { type Change, type Changed, proxies, proxyChanges, siteChanges, sites } from "./argument-changes.ts";
import { type Shape, register } from "./registered.ts";

// This fails for an argument that is accepted and documented, but does nothing.

/** A schema with fields: zod's own description of it. */
type Schema = z.ZodType & {
  _zod: {
    def: {
      shape?: Record<string, Schema>;
      innerType?: Schema;
      valueType?: Schema;
      element?: Schema;
      options?: Schema[];
    };
  };
};

/** All fields of a schema, with the fields inside them: "backends.healthCheck.retries". A jump host's jump hosts have the same fields. */
function fieldsOf(schema: z.ZodType, path: readonly string[] = []): string[] {
  const { shape = {}, innerType, valueType, element, options = [] } = (schema as Schema)._zod.def;
  const inner = [innerType, valueType, element, ...options].filter((one) => one !== undefined);
  const fields = path.join(".").endsWith("jump.jump") ? {} : shape;
  return [
    ...new Set([
      ...Object.entries(fields).flatMap(([key, field]) => {
        const below = [...path, key];
        return [below.join("."), ...fieldsOf(field, below)];
      }),
      ...inner.flatMap((one) => fieldsOf(one, path)),
    ]),
  ];
}

function isPlain(value: unknown): value is Change {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function merge(value: unknown, change: unknown): unknown {
  if (!isPlain(value) || !isPlain(change)) return change;
  const merged: Change = { ...value };
  for (const [key, inner] of Object.entries(change)) {
    if (inner === undefined) delete merged[key];
    else merged[key] = merge(value[key], inner);
  }
  return merged;
}

function merged(shape: Shape, change: Change): Shape {
  return { ...shape, args: merge(shape.args, change) } as Shape;
}

/** Everything that a component hands to the engine, or undefined if it refuses its arguments. */
async function made(shape: Shape): Promise<string | undefined> {
  try {
    return JSON.stringify(await register("www", shape));
  } catch (thrown) {
    if (thrown instanceof ArgumentError) return undefined;
    throw thrown;
  }
}

/** Remembers results, because many changes need the same other arguments. */
function remembered(): (shape: Shape, beside: Change) => Promise<string | undefined> {
  const known = new Map<Shape, Map<Change, string | undefined>>();
  return async (shape, beside) => {
    const ofShape = known.get(shape) ?? new Map<Change, string | undefined>();
    known.set(shape, ofShape);
    if (!ofShape.has(beside)) ofShape.set(beside, await made(merged(shape, beside)));
    return ofShape.get(beside);
  };
}

const nothing: Change = {};

function suite(
  what: string,
  schema: z.ZodType,
  shapes: Record<string, Shape>,
  changes: Record<string, Changed>,
) {
  describe(what, () => {
    test("each field of the schema has a change here, and each change a field", () => {
      assert.deepEqual(Object.keys(changes).sort(), fieldsOf(schema).sort());
    });

    const unchanged = remembered();
    for (const [path, { change, beside = nothing, refused = [], idle = {}, only }] of Object.entries(
      changes,
    )) {
      test(path, async () => {
        for (const [name, shape] of Object.entries(shapes)) {
          if (only?.includes(name) === false) continue;
          const before = await unchanged(shape, beside);
          assert.ok(before !== undefined, `${name}: what it is compared with is refused`);
          const base = merged(shape, beside);
          const after = await made(merged(base, typeof change === "function" ? change(base.args) : change));
          assert.equal(after === undefined, refused.includes(name), `${name}: is it refused?`);
          if (name in idle) assert.equal(after, before, `${name}: has an effect by now: ${idle[name]}`);
          else assert.notEqual(after, before, `${name}: nothing follows from it`);
        }
      });
    }
  });
}

suite("a site", argumentsSchema, sites, siteChanges);
suite("a proxy", proxySchema, proxies, proxyChanges);
