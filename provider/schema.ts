import { type Field, type ValueType, contract } from "../resources/contract-data.ts";
import { unitSetType } from "../resources/unit-set-type.ts";

/** Shapes that are not types of the schema: the resource itself, and shapes that are only parts of others. */
const notTypes = [
  "UnitSetInputs",
  "UnitSetOutputs",
  "Connection",
  "Credentials",
  "HttpRequest",
  "VerifyRequest",
];

/** Also the namespace of generated SDKs, which are otherwise named as if Pulumi had published them ("@pulumi/quadlet"). */
const publisher = "quadlet-fleet";

/**
 * The package schema (pulumi.com/docs, "Package schema"), from which the SDKs of other languages are generated: the contract in the
 * engine's terms. It has no unions, because they become `any` in Go and do not compile in .NET and Java.
 */
export function schema(version: string): object {
  const credentials = properties("Credentials");
  return {
    name: "quadlet",
    namespace: publisher,
    version,
    displayName: "Quadlet Fleet",
    publisher,
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
  return Object.fromEntries(fieldsOf(shape).map(([name, field]) => [name, property(field)]));
}

function property({ type, description, secret }: Field): object {
  return {
    ...typeSpec(type),
    description: `${description}${forOtherLanguages(type)}`,
    ...(secret && { secret }),
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
      return reference(type.name);
  }
}

/** How to write true or false in a language without unions. */
function forOtherLanguages(type: ValueType): string {
  if (!("orFlag" in type)) return "";
  return type.kind === "text"
    ? ' Write true and false as the texts "true" and "false".'
    : " An object, which may be empty, stands for true.";
}

/** The enum types. Each has the description of its field, which explains the words. */
function enums(): Record<string, object> {
  const types: Record<string, object> = {};
  for (const shape of Object.keys(contract))
    for (const [, { type, description }] of fieldsOf(shape))
      if (type.kind === "words") {
        const values = type.words.map((value) => ({ value }));
        types[token(type.name)] = { type: "string", description, enum: values };
      }
  return types;
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
