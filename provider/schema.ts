import { type Field, type ValueType, contract } from "../resources/contract-data.ts";
import { unitSetType } from "../resources/unit-set-type.ts";

/** Shapes that are no type of the schema: the resource itself, and what is only a part of others. */
const notTypes = ["UnitSetInputs", "UnitSetOutputs", "Credentials", "HttpRequest"];

/**
 * The package schema (pulumi.com/docs, "Package schema"), which other languages are made of: the contract in the engine's words. It
 * has no unions, which Go makes `any` of and .NET and Java can't compile.
 */
export function schema(version: string): object {
  const credentials = properties("Credentials");
  return {
    name: "quadlet",
    version,
    displayName: "Quadlet Fleet",
    publisher: "quadlet-fleet",
    description: "Systemd units, podman quadlets and their files on Linux hosts, over SSH.",
    keywords: ["category/infrastructure", "kind/native", "podman", "quadlet", "systemd", "nginx", "ssh"],
    license: "Apache-2.0",
    config: { variables: credentials },
    provider: {
      description: "Credentials given here override those of every connection. An import has no others.",
      inputProperties: credentials,
    },
    types: { ...objects(), ...enums() },
    resources: {
      [unitSetType]: {
        description: contract.UnitSetInputs?.description,
        inputProperties: properties("UnitSetInputs"),
        requiredInputs: required("UnitSetInputs"),
        properties: properties("UnitSetOutputs"),
        required: required("UnitSetOutputs"),
      },
    },
  };
}

function objects(): Record<string, object> {
  const types = Object.entries(contract).filter(([name]) => !notTypes.includes(name));
  return Object.fromEntries(
    types.map(([name, { description }]) => [
      token(name),
      { type: "object", description, properties: properties(name), required: required(name) },
    ]),
  );
}

function properties(shape: string): Record<string, object> {
  return Object.fromEntries(fieldsOf(shape).map(([name, field]) => [name, property(shape, name, field)]));
}

function property(shape: string, name: string, { type, description, secret, replaces }: Field): object {
  return {
    ...(type.kind === "words" ? reference(enumName(shape, name)) : typeSpec(type)),
    description: `${description}${forOtherLanguages(type)}`,
    ...(secret && { secret }),
    ...(replaces && { replaceOnChanges: true }),
  };
}

function required(shape: string): string[] {
  return fieldsOf(shape).flatMap(([name, field]) => (field.required ? [name] : []));
}

function typeSpec(type: ValueType): object {
  switch (type.kind) {
    case "text":
      return { type: "string" };
    case "flag":
      return { type: "boolean" };
    case "wholeNumber":
      return { type: "integer" };
    case "list":
      return { type: "array", items: typeSpec(type.of) };
    case "map":
      return { type: "object", additionalProperties: typeSpec(type.of) };
    case "shape":
      return reference(type.shape);
    case "words":
      throw new Error("a choice of words has its name from the field that it is the value of");
  }
}

/** How to say in a language without unions what TypeScript says with true or false. */
function forOtherLanguages(type: ValueType): string {
  if (!("orFlag" in type)) return "";
  return type.kind === "text"
    ? ' As a text, "true" and "false" stand for true and false.'
    : " In languages without unions: an object, which may be empty, in place of true, and nothing in place of false.";
}

/** The choices of words, as types of their own. */
function enums(): Record<string, object> {
  const types: Record<string, object> = {};
  for (const shape of Object.keys(contract))
    for (const [name, { type, description }] of fieldsOf(shape))
      if (type.kind === "words") {
        const values = type.words.map((value) => ({ value }));
        types[token(enumName(shape, name))] = { type: "string", description, enum: values };
      }
  return types;
}

/** "Manager" of a field of the resource, else with the name of its shape: "ImagePullPull". */
function enumName(shape: string, field: string): string {
  const name = field.charAt(0).toUpperCase() + field.slice(1);
  return shape === "UnitSetInputs" ? name : `${shape}${name}`;
}

function fieldsOf(shape: string): [string, Field][] {
  return Object.entries(contract[shape]?.fields ?? {});
}

function token(name: string): string {
  return `quadlet:index:${name}`;
}

function reference(name: string): object {
  return { $ref: `#/types/${token(name)}` };
}
