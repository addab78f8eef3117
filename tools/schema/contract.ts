import { readdirSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import type { z } from "zod";
import type { Field, Shape, ValueType } from "../../resources/contract-data.ts";
import { marks } from "../../resources/contract/fields.ts";
import { parseDocstring } from "../docs/docstring.ts";
import { type Declaration, readDeclarations, readWordTypes } from "./declarations.ts";

const folder = join(import.meta.dirname, "../../resources/contract");

/** A schema, with its inner parts. */
type Schema = z.ZodType & {
  shape?: Record<string, Schema>;
  minValue?: number;
  maxValue?: number;
  _zod: {
    def: {
      type: string;
      innerType: Schema;
      element: Schema;
      keyType: Schema;
      valueType: Schema;
      options: Schema[];
      entries: Record<string, string>;
    };
  };
};

const declarations = readDeclarations(folder);
const schemas = await loadSchemas();
const typeOf = new Map(declarations.map((one) => [schemaOf(one.schema), one.name]));
const wordTypeOf = new Map([...readWordTypes(folder)].map(([schema, name]) => [schemaOf(schema), name]));

/** The contract as data, by the names of its types. */
function describeContract(): Record<string, Shape> {
  return Object.fromEntries(declarations.map((one) => [one.name, shapeOf(one)]));
}

/** The text of resources/contract.json. */
export async function contractFile(): Promise<Record<string, string>> {
  const path = "resources/contract.json";
  return { [path]: await format(JSON.stringify(describeContract()), { filepath: path, printWidth: 110 }) };
}

/** The contract as TypeScript's interfaces, with their docstrings. */
export function contractInterfaces(): string {
  return declarations
    .map((one) => {
      const { fields } = shapeOf(one);
      const members = [...one.comments].map(([name, comment]) => {
        const { required, type } = fields[name] as Field;
        return `${comment}\n${name}${required ? "" : "?"}: ${typeText(type)};`;
      });
      const bases = one.bases.length === 0 ? "" : ` extends ${one.bases.join(", ")}`;
      return `${one.comment}\nexport interface ${one.name}${bases} {\n${members.join("\n")}\n}\n`;
    })
    .join("\n");
}

async function loadSchemas(): Promise<Record<string, Schema>> {
  const modules = await Promise.all(
    readdirSync(folder)
      .sort()
      .map((file) => import(join(folder, file)) as Promise<Record<string, Schema>>),
  );
  return Object.assign({}, ...modules) as Record<string, Schema>;
}

function schemaOf(name: string): Schema {
  const found = schemas[name];
  if (!found) throw new Error(`resources/contract/ exports no ${name}`);
  return found;
}

function shapeOf(declaration: Declaration): Shape {
  const fields = Object.entries(schemaOf(declaration.schema).shape ?? {}).map(
    ([name, schema]): [string, Field] => {
      const inner = schema._zod.def.type === "optional" ? schema._zod.def.innerType : schema;
      const { secret } = marks.get(inner) ?? {};
      const described = describe(commentOf(declaration, name), `${declaration.name}.${name}`);
      return [
        name,
        {
          type: valueType(inner),
          ...(inner === schema ? { required: true } : {}),
          ...(secret && { secret }),
          description: described,
        },
      ];
    },
  );
  return { description: describe(declaration.comment, declaration.name), fields: Object.fromEntries(fields) };
}

/** The docstring of a field, from this type or from a type whose fields it also has. */
function commentOf({ comments, bases }: Declaration, name: string): string {
  const inherited = declarations.filter((one) => bases.includes(one.name)).map((one) => commentOf(one, name));
  return comments.get(name) ?? inherited.find((comment) => comment !== "") ?? "";
}

function describe(comment: string, where: string): string {
  const { text, default: byDefault, range } = parseDocstring(comment);
  if (text === "") throw new Error(`${where} has no docstring`);
  const parts = [text, range && `Range: ${range}.`, byDefault && `Default: ${byDefault}.`];
  return parts
    .filter(Boolean)
    .join(" ")
    .replaceAll(/\{@link (\w+)\}/g, "`$1`");
}

function valueType(schema: Schema): ValueType {
  const { def } = schema._zod;
  const { rule, entryRule, what } = marks.get(schema) ?? {};
  const shape = typeOf.get(schema);
  if (shape !== undefined) return { kind: "shape", shape };
  const kind: string = def.type;
  switch (kind) {
    case "string":
      return { kind: "text", ...(rule && { rule }), ...(what !== undefined && { what }) };
    case "boolean":
      return { kind: "flag" };
    case "enum": {
      const name = wordTypeOf.get(schema);
      if (name === undefined) throw new Error("resources/contract/ has an enum without an exported type");
      return { kind: "words", name, words: Object.values(def.entries) };
    }
    case "number":
      return { kind: "wholeNumber", least: schema.minValue ?? 0, most: schema.maxValue ?? 0 };
    case "array":
      return { kind: "list", of: valueType(def.element) };
    case "record": {
      const key = marks.get(def.keyType)?.rule;
      const of = valueType(def.valueType);
      return { kind: "map", key: { ...(key && { rule: key }) }, of, ...(entryRule && { entryRule }) };
    }
    case "union": {
      const kinds = def.options.map(valueType);
      const [other, ...more] = kinds.filter(({ kind }) => kind !== "flag");
      const isOrFlag = more.length === 0 && def.options.length === 2;
      if (kinds[0]?.kind === "text" && kinds[1]?.kind === "wholeNumber")
        return { ...kinds[0], orNumber: true, ...(what !== undefined && { what }) };
      if (isOrFlag && (other?.kind === "text" || other?.kind === "shape"))
        return { ...other, orFlag: true, ...(what !== undefined && { what }) };
    }
  }
  throw new Error(`resources/contract/ has a type that other languages do not have: ${kind}`);
}

function typeText(type: ValueType): string {
  const orFlag = (text: string) =>
    "orFlag" in type ? `${text} | boolean` : "orNumber" in type ? `number | ${text}` : text;
  switch (type.kind) {
    case "text":
      return orFlag("string");
    case "shape":
      return "orFlag" in type ? `boolean | ${type.shape}` : type.shape;
    case "flag":
      return "boolean";
    case "words":
      return type.words.map((word) => JSON.stringify(word)).join(" | ");
    case "wholeNumber":
      return "number";
    case "list":
      return `${typeText(type.of)}[]`;
    case "map":
      return `Record<string, ${typeText(type.of)}>`;
  }
}
