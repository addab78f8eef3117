import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import ts from "typescript";
import type { z } from "zod";
import { proxySchema } from "../../components/proxy/arguments.ts";
import { argumentsSchema } from "../../components/site/arguments.ts";
import { readProgram } from "../../tools/docs/shapes.ts";

// The types of arguments are derived from zod schemas. This is what an editor shows of them, as the TypeScript checker sees it.

const root = join(import.meta.dirname, "../..");
const index = join(root, "components/index.ts");
const program = readProgram(root, [index]);
const checker = program.getTypeChecker();

/** The fields of an exported type, with the text and the docs that an editor shows. */
function fieldsOf(name: string): Map<string, { type: string; doc: string; tags: string[] }> {
  const source = program.getSourceFile(index);
  const symbol = source && checker.getSymbolAtLocation(source);
  const found = symbol && checker.getExportsOfModule(symbol).find((one) => one.name === name);
  assert.ok(found, `${name} is not exported`);
  const type = checker.getDeclaredTypeOfSymbol(
    found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found,
  );
  return new Map(
    checker.getPropertiesOfType(type).map((field) => [
      field.name,
      {
        type: checker.typeToString(checker.getNonNullableType(checker.getTypeOfSymbol(field))),
        doc: ts.displayPartsToString(field.getDocumentationComment(checker)),
        tags: field.getJsDocTags(checker).map((tag) => tag.name),
      },
    ]),
  );
}

const schemas: Record<string, z.ZodObject> = {
  SocketActivatedNginxArgs: argumentsSchema,
  ReverseProxyStackArgs: proxySchema,
};

describe("an editor shows", () => {
  for (const [name, schema] of Object.entries(schemas))
    test(`each field of ${name}, with its docstring`, () => {
      const fields = fieldsOf(name);
      assert.deepEqual([...fields.keys()].sort(), Object.keys(schema.shape).sort());
      for (const [field, { doc, tags }] of fields) {
        assert.notEqual(doc, "", `${field} has no docs`);
        assert.ok(tags.includes("example"), `${field} has no example`);
      }
    });

  const inner = ["TlsArgs", "CertificateArgs", "CommandsArgs", "SmokeRequestArgs", "Backend", "HealthCheck"];
  for (const name of inner)
    test(`the docstrings of ${name}`, () => {
      const without = [...fieldsOf(name)].filter(([, { doc }]) => doc === "").map(([field]) => field);
      assert.deepEqual(without, []);
    });

  const types: [string, string, string][] = [
    ["SocketActivatedNginxArgs", "connection", "ConnectionArgs"],
    ["SocketActivatedNginxArgs", "image", "Input<string>"],
    ["SocketActivatedNginxArgs", "listen", "string[]"],
    ["SocketActivatedNginxArgs", "environment", "Record<string, Input<string>>"],
    ["SocketActivatedNginxArgs", "tls", "TlsArgs"],
    ["SocketActivatedNginxArgs", "smokeTest", "SmokeTestArgs"],
    ["SocketActivatedNginxArgs", "verify", "false | VerifyRequest"],
    ["ReverseProxyStackArgs", "user", "string"],
    ["ReverseProxyStackArgs", "backends", "Record<string, Backend>"],
    ["Backend", "healthCheck", "HealthCheck"],
    ["CertificateArgs", "key", "Input<string>"],
  ];
  for (const [of, field, type] of types)
    test(`${of}.${field}: ${type}`, () => assert.equal(fieldsOf(of).get(field)?.type, type));
});
