import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import { schemasAt } from "../../components/arguments/schema-walk.ts";
import { fleetSchema } from "../../stacks/schema.ts";
import { readTexts, textsFrom } from "../../stacks/texts.ts";

const project = mkdtempSync(join(tmpdir(), "stacks-texts-"));
after(() => rmSync(project, { recursive: true }));
const text = "one\ntwo\n";
writeFileSync(join(project, "text"), text);
writeFileSync(join(project, "line"), "hunter2\r\n");

const read = (value: object) => readTexts(fleetSchema, [], value, textsFrom(project));
function values(value: object): unknown {
  const { value: found, problems } = read(value);
  assert.deepEqual(problems, []);
  return found;
}
const [file, line] = [{ file: "text" }, { file: "line" }];

describe("each text that may be in a file", () => {
  const login = { hostKey: line, privateKey: file, passphrase: line };
  const readLogin = { hostKey: "hunter2", privateKey: text, passphrase: "hunter2" };
  const pair = { certificate: file, key: file };
  const readPair = { certificate: text, key: text };
  const environment = { TOKEN: line };
  const readEnvironment = { TOKEN: "hunter2" };

  test("of a host, its jump host and its sudo", () =>
    assert.deepEqual(values({ hosts: { a: { ...login, jump: login, sudo: { password: line } } } }), {
      hosts: { a: { ...readLogin, jump: readLogin, sudo: { password: "hunter2" } } },
    }));

  test("of a site and of a proxy", () => {
    const command = (its: object) => ({ before: [{ command: ["a"], environment: its }] });
    const both = (x: unknown, ofPair: object, variables: object, ofLogin: object) => ({
      nginx: { "default.conf": x },
      tls: { ...ofPair, certificates: { "a.example.com": ofPair }, acme: { ca: x } },
      environment: variables,
      registries: { "registry.example.com": ofLogin },
      commands: command(variables),
      smokeTest: { command: ["a"], environment: variables },
    });
    const backend = (x: unknown, variables: object) => ({
      extra: x,
      nginx: { a: x },
      environment: variables,
    });
    const given = both(file, pair, environment, { username: line, password: line });
    const expected = both(text, readPair, readEnvironment, { username: "hunter2", password: "hunter2" });
    assert.deepEqual(
      values({
        sites: { a: given },
        proxies: { b: { ...given, backends: { c: backend(file, environment) } } },
      }),
      {
        sites: { a: expected },
        proxies: { b: { ...expected, backends: { c: backend(text, readEnvironment) } } },
      },
    );
  });

  test("and no other: whatever else takes a text that may be unknown", () => {
    const found = new Set<string>();
    const visit = (schema: z.ZodType, field: string): void => {
      for (const one of schemasAt(schema, [])) {
        const { type, shape = {}, valueType, element } = one._zod.def;
        if (type === "custom") found.add(field);
        for (const [key, inner] of Object.entries(shape)) visit(inner, key);
        for (const inner of [valueType, element]) if (inner) visit(inner, field);
      }
    };
    visit(fleetSchema, "");
    const fromFile = [
      "ca",
      "certificate",
      "environment",
      "hostKey",
      "key",
      "nginx",
      "passphrase",
      "password",
    ];
    const never = ["address", "agent", "commandTimeout", "connectTimeout", "identityFile", "image"];
    assert.deepEqual(
      [...found].sort(),
      [
        ...fromFile,
        ...never,
        "knownHostsFile",
        "port",
        "privateKey",
        "sshConfig",
        "state",
        "user",
        "username",
      ].sort(),
    );
  });
});

describe("what is not text stays as it is", () => {
  const unchanged: [string, object][] = [
    ["nothing", {}],
    [
      "no files",
      { hosts: { a: { address: "b", port: 22, labels: { file: "c" } } }, sites: { s: { listen: ["80"] } } },
    ],
    [
      "names of the user's",
      { sites: { file: { nginx: { file: "a" }, environment: { file: "b", secret: "c" } } } },
    ],
    ["where a text is not read from a file", { sites: { a: { image: file, listen: [file] } } }],
    [
      "an object where there is none",
      { sites: { a: { nginx: "x", tls: file, certificate: file } }, hosts: [file] },
    ],
    ["names that every object has", { sites: { toString: { constructor: { file: "a" } } } }],
    ["null", { sites: { a: { nginx: null, tls: { key: null } } } }],
  ];
  for (const [what, value] of unchanged) test(what, () => assert.deepEqual(values(value), value));
});

test("secret: true makes a secret of any, and only that", async () => {
  const found = values({
    sites: {
      a: { nginx: { a: { file: "text", secret: true }, b: { file: "text", secret: false }, c: file } },
    },
  }) as { sites: { a: { nginx: { a: pulumi.Output<string>; b: string; c: string } } } };
  const { a, b, c } = found.sites.a.nginx;
  assert.equal(await pulumi.isSecret(a), true);
  assert.equal(await new Promise((resolve) => a.apply(resolve)), text);
  assert.deepEqual([b, c], [text, text]);
});

test("what is wrong, all at once, by its path", () => {
  const nginx = {
    "a b": { file: "none" },
    b: { path: "text" },
    c: { file: "text", secrte: true },
    d: {},
    e: { file: 5 },
  };
  const certificate = { file: "text", secret: "yes" };
  const { problems } = read({ sites: { s: { nginx, tls: { certificate, key: { file: "" } } } } });
  assert.deepEqual(
    problems.map(({ path, message }) => `${path}: ${message}`),
    [
      `sites.s.nginx["a b"]: the file "none", relative to the project's directory ${project}, does not exist`,
      'sites.s.nginx.b.file: is missing: the path of a file that has the text, as in "nginx/default.conf"',
      "sites.s.nginx.b.path: is not known. Known: file, secret.",
      'sites.s.nginx.c.secrte: is not known. Did you mean "secret"?',
      'sites.s.nginx.d.file: is missing: the path of a file that has the text, as in "nginx/default.conf"',
      'sites.s.nginx.e.file: must be the path of a file that has the text, as in "nginx/default.conf"',
      "sites.s.tls.certificate.secret: must be true or false",
      "sites.s.tls.key.file: is empty: it is the path of a file that has the text",
    ],
  );
});
