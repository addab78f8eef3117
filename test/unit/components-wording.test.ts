import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { argumentsSchema } from "../../components/site/arguments.ts";
import { pathText, parseArguments } from "../../components/arguments/problems.ts";
import { proxySchema } from "../../components/proxy/arguments.ts";
import { oneOf, range, required, wholeNumber } from "../../components/arguments/wording.ts";
import { fleetSchema } from "../../stacks/schema.ts";

function problems(schema: z.ZodType, value: unknown): string[] {
  const { problems: found = [] } = parseArguments(schema, value);
  return found.map(({ path, message }) => `${path}: ${message}`);
}

const shapeOf = (object: z.ZodObject): Record<string, z.core.$ZodType> => object.shape;

/** The object schemas in a schema, each with its path: "[…]" for the key of a record. */
function objects(schema: z.core.$ZodType, path: string[] = []): { path: string[]; object: z.ZodObject }[] {
  if (schema instanceof z.ZodOptional) return objects(schema.unwrap(), path);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => objects(option, path));
  if (schema instanceof z.ZodArray) return objects(schema.element, [...path, "[…]"]);
  if (schema instanceof z.ZodRecord) return objects(schema.valueType, [...path, "[…]"]);
  if (!(schema instanceof z.ZodObject)) return [];
  const inner = Object.entries(shapeOf(schema)).flatMap(([key, value]) => objects(value, [...path, key]));
  return [{ path, object: schema }, ...inner];
}

describe("a required argument that is missing is explained, with an example", () => {
  const schemas = { site: argumentsSchema, proxy: proxySchema, fleet: fleetSchema };
  let count = 0;
  for (const [name, schema] of Object.entries(schemas))
    for (const { path, object } of objects(schema)) {
      // The program itself gives the arguments of the fleet.
      if (name === "fleet" && path.length === 0) continue;
      const keys = Object.entries(shapeOf(object)).flatMap(([key, value]) =>
        z.safeParse(value, undefined).success ? [] : [key],
      );
      for (const key of keys) {
        count += 1;
        for (const value of [{}, { [key]: null }])
          test(`${name}: ${pathText([...path, key])} in ${JSON.stringify(value)}`, () => {
            const found = problems(object, value).filter((line) => line.startsWith(`${key}: `));
            assert.equal(found.length, 1);
            assert.match(found[0] ?? "", /: is missing: .+, as in .+/);
          });
      }
    }
  test("of which there are some", () => assert.ok(count > 30, String(count)));
});

describe("what is of another kind", () => {
  const schema = z.strictObject({
    listen: z.array(z.string(), required("a list of addresses", "[…]")).optional(),
    agent: z.union([z.string(), z.boolean()], oneOf("a path, true or false")).optional(),
    port: wholeNumber(1, 65535).optional(),
    sshPort: z.union([wholeNumber(1, 65535), z.custom(() => false)], range(1, 65535)).optional(),
    pull: z.enum(["missing", "always"]).optional(),
    text: z.string().optional(),
    flag: z.boolean().optional(),
    object: z.strictObject({}).optional(),
    record: z.record(z.string(), z.string()).optional(),
    list: z.array(z.string()).optional(),
    number: z.number().min(0).optional(),
  });
  const portIs = "must be a whole number from 1 to 65535";
  const cases: [object, string][] = [
    [{ listen: "80" }, "listen: must be a list of addresses, as in […]"],
    [{ listen: [80] }, "listen[0]: must be text, and is a number. Put it in quotes."],
    [{ agent: 5 }, "agent: must be a path, true or false"],
    [{ port: 0 }, `port: ${portIs}, and is 0`],
    [{ port: 70000 }, `port: ${portIs}, and is 70000`],
    [{ port: 80.5 }, `port: ${portIs}, and is 80.5`],
    [{ port: "80" }, `port: ${portIs}, and is the text "80". Remove the quotes.`],
    [{ port: "a secret?" }, `port: ${portIs}`],
    [{ port: null }, "port: is missing: a whole number from 1 to 65535, as in 1"],
    [{ sshPort: "80" }, `sshPort: ${portIs}, and is the text "80". Remove the quotes.`],
    [{ sshPort: 0 }, `sshPort: ${portIs}, and is 0`],
    [{ pull: "newer" }, 'pull: must be "missing" or "always"'],
    [{ number: -1 }, "number: must be 0 or more"],
    [{ text: 5 }, "text: must be text, and is a number. Put it in quotes."],
    [{ text: true }, "text: must be text, and is true. Put it in quotes."],
    [{ text: [] }, "text: must be text"],
    [{ text: null }, "text: has no value. Give it one, or leave it out."],
    [{ agent: null }, "agent: has no value. Give it one, or leave it out."],
    [{ flag: "yes" }, "flag: must be true or false"],
    [{ object: [] }, "object: must be an object"],
    [{ record: "x" }, "record: must be an object"],
    [{ list: {} }, "list: must be a list"],
    [{ number: "x" }, "number: must be a number"],
  ];
  for (const [value, expected] of cases)
    test(JSON.stringify(value), () => assert.deepEqual(problems(schema, value), [expected]));

  test("what is right, and what is left out", () => {
    assert.deepEqual(parseArguments(schema, { port: 80, agent: false }), {
      data: { port: 80, agent: false },
    });
    assert.deepEqual(problems(schema, {}), []);
  });
});
