import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import Ajv from "ajv";
import { parse } from "yaml";
import { fleetSchema } from "../../stacks/schema.ts";
import { schemaFile, stackFile } from "../../tools/docs/pages.ts";

// docs/stack-file.schema.json accepts and refuses the same stack files as the program.

const root = join(import.meta.dirname, "../..");
const text = readFileSync(join(root, schemaFile), "utf8");
const validate = new Ajv({ allErrors: true }).compile(JSON.parse(text) as object);

type Entries = Record<string, Record<string, unknown>>;
interface StackFile {
  config: {
    "quadlet-fleet:hosts": Entries;
    "quadlet-fleet:sites": Entries;
    "quadlet-fleet:proxies"?: Entries;
  };
}

function problems(file: unknown): string[] {
  validate(file);
  return (validate.errors ?? []).map(({ dataPath, message }) => `${dataPath} ${message}`);
}

test("it is what `make docs` writes", async () => {
  assert.equal(text, await stackFile());
});

describe("valid are", () => {
  const examples = readdirSync(join(root, "examples/stacks")).map((name) => `examples/stacks/${name}`);
  assert.ok(examples.length > 3);
  for (const path of ["stacks/Pulumi.example.yaml", ...examples])
    test(path, () => {
      const file = parse(readFileSync(join(root, path), "utf8")) as StackFile;
      // The values that the file leaves to `pulumi config set`.
      for (const { tls } of Object.values(file.config["quadlet-fleet:sites"] ?? {}))
        if (tls)
          Object.assign(tls, { certificate: "-----BEGIN CERTIFICATE-----", key: { secure: "v1:AAAA" } });
      assert.deepEqual(problems(file), []);
    });

  test("texts in files and secrets", () => {
    const file = example();
    Object.assign(file.config["quadlet-fleet:hosts"]["web-1"] ?? {}, {
      hostKey: { file: "keys/web-1.pub" },
      privateKey: { secure: "v1:AAAA" },
      sudo: { password: { file: "password", secret: true } },
      jump: "bastion",
    });
    Object.assign(siteOf(file), {
      nginx: { "default.conf": { file: "nginx/www.conf" } },
      environment: { TOKEN: { secure: "v1:AAAA" } },
      registries: { "registry.example.com": { username: "deploy", password: { secure: "v1:AAAA" } } },
    });
    assert.deepEqual(problems(file), []);
  });

  test("a part of a site, as another file has the rest", () => {
    const file = example();
    delete siteOf(file).image;
    Object.assign(siteOf(file), { environment: { TOKEN: { env: "TOKEN" } } });
    Object.assign(file.config, {
      "quadlet-fleet:extends": "stacks/base.yaml",
      "quadlet-fleet:inventory": ["hosts"],
    });
    assert.deepEqual(problems(file), []);
  });

  test("a key without entries, and what other programs have in the file", () => {
    const config = { "quadlet-fleet:sites": null, "aws:region": "eu-north-1" };
    assert.deepEqual(problems({ encryptionsalt: "v1:AAAA", config }), []);
  });
});

function example(): StackFile {
  return parse(readFileSync(join(root, "stacks/Pulumi.example.yaml"), "utf8")) as StackFile;
}

function siteOf({ config }: StackFile): Record<string, unknown> {
  const site = config["quadlet-fleet:sites"]["example1"];
  assert.ok(site);
  return site;
}

describe("not valid is", () => {
  const cases: [string, (file: StackFile) => void, RegExp][] = [
    ["a misspelt argument", (file) => Object.assign(siteOf(file), { lisen: [] }), /additional properties/],
    [
      "a misspelt field of a host",
      (file) => Object.assign(file.config["quadlet-fleet:hosts"]["web-1"] ?? {}, { hostkey: "x" }),
      /additional properties/,
    ],
    ["a misspelt key", (file) => Object.assign(file.config, { "quadlet-fleet:site": {} }), /property name/],
    ["a key beside config", (file) => Object.assign(file, { "quadlet-fleet:sites": {} }), /property name/],
    ["another word", (file) => Object.assign(siteOf(file), { manager: "root" }), /example1.*allowed values/],
    [
      "a connection, which hosts give",
      (file) => Object.assign(siteOf(file), { connection: {} }),
      /additional properties/,
    ],
    [
      "a secret where none can be",
      (file) => Object.assign(siteOf(file), { network: { secure: "v1:AAAA" } }),
      /should be string/,
    ],
    [
      "a control character in an environment variable",
      (file) => Object.assign(siteOf(file), { environment: { A: "a\nb" } }),
      /pattern/,
    ],
  ];
  for (const [what, change, expected] of cases)
    test(what, () => {
      const file = example();
      change(file);
      const found = problems(file);
      assert.ok(
        found.some((line) => expected.test(line)),
        found.join("\n"),
      );
    });
});

interface Json {
  anyOf?: Json[];
  properties?: Record<string, Json>;
  additionalProperties?: Json | boolean;
  items?: Json;
  description?: string;
  examples?: unknown[];
}

test("an example of a site's or a proxy's hosts is none of connections", () => {
  for (const kind of ["sites", "proxies"]) {
    const entries = at(JSON.parse(text) as Json, ["config", `quadlet-fleet:${kind}`]).additionalProperties;
    assert.ok(typeof entries === "object");
    const { description, examples } = at(entries, ["hosts"]);
    assert.match(description ?? "", /^Which hosts:/);
    assert.equal(examples, undefined);
  }
});

function at(json: Json, path: readonly string[]): Json {
  return path.reduce((inner, key) => inner.properties?.[key] ?? {}, json);
}

test("each argument is explained", () => {
  const without: string[] = [];
  let count = 0;
  const visit = (json: Json, path: string) => {
    for (const [key, value] of Object.entries(json.properties ?? {})) {
      count += 1;
      if (!value.description) without.push(`${path}.${key}`);
      visit(value, `${path}.${key}`);
    }
    if (typeof json.additionalProperties === "object") visit(json.additionalProperties, `${path}.*`);
    if (json.items) visit(json.items, `${path}[]`);
    for (const option of json.anyOf ?? []) visit(option, path);
  };
  const { properties = {} } = JSON.parse(text) as Json;
  const config = properties.config?.properties ?? {};
  assert.deepEqual(
    Object.keys(config),
    [...Object.keys(fleetSchema.shape), "extends", "inventory"].map((key) => `quadlet-fleet:${key}`),
  );
  visit({ properties: config }, "");
  assert.ok(count > 150, String(count));
  assert.deepEqual(without, []);
});
