import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { fleetSchema } from "../../stacks/schema.ts";
import { isWrittenAs, markSecretFields, markSecrets, readStackFile } from "../../stacks/secrets.ts";

/** The value with each secret as "<secret TEXT>". */
async function shown(value: unknown): Promise<unknown> {
  if (pulumi.Output.isInstance(value)) {
    const inner = await new Promise((resolve) => value.apply(resolve));
    return (await pulumi.isSecret(value)) ? `<secret ${JSON.stringify(inner)}>` : inner;
  }
  if (Array.isArray(value)) return await Promise.all(value.map(shown));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(async ([key, inner]): Promise<[string, unknown]> => [
    key,
    await shown(inner),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

describe("markSecrets marks exactly what is secure in the stack file", () => {
  const cases: [string, unknown, unknown, unknown][] = [
    ["a text", "s", { secure: "v1:…" }, '<secret "s">'],
    ["no text", "s", "s", "s"],
    [
      "one of several",
      { web: { port: 22, privateKey: "k", user: "root" } },
      { web: { port: 22, privateKey: { secure: "v1:…" }, user: "root" } },
      { web: { port: 22, privateKey: '<secret "k">', user: "root" } },
    ],
    ["one of a list", ["a", "b"], ["a", { secure: "v1:…" }], ["a", '<secret "b">']],
    ["a whole object", { a: { b: "c" } }, { a: { secure: "v1:…" } }, { a: '<secret {"b":"c"}>' }],
    [
      "no object that has more keys than secure",
      { secure: "a", other: "b" },
      { secure: "a", other: "b" },
      { secure: "a", other: "b" },
    ],
    ["nothing where the file has nothing", { a: ["b", null, 1] }, undefined, { a: ["b", null, 1] }],
  ];
  for (const [what, value, source, expected] of cases)
    test(what, async () => assert.deepEqual(await shown(markSecrets(value, source)), expected));
});

describe("markSecretFields: what may be secret, where the file is not known", () => {
  const marked = (key: keyof typeof fleetSchema.shape, value: unknown) =>
    shown(markSecretFields([fleetSchema.shape[key]], value));

  test("of hosts: keys and passwords", async () => {
    const hosts = {
      web: {
        address: "192.0.2.11",
        port: 22,
        privateKey: "k",
        sudo: { password: "p" },
        jump: { address: "a", passphrase: "q" },
      },
    };
    assert.deepEqual(await marked("hosts", hosts), {
      web: {
        address: "192.0.2.11",
        port: 22,
        privateKey: '<secret "k">',
        sudo: { password: '<secret "p">' },
        jump: { address: "a", passphrase: '<secret "q">' },
      },
    });
  });

  test("of sites: environment, nginx, registries, certificates and keys", async () => {
    const site = {
      image: "i",
      listen: ["80"],
      nginx: { "default.conf": "c" },
      environment: { A: "a", labels: "l" },
      registries: { r: { username: "u", password: "p" } },
      tls: {
        certificate: "C",
        key: "K",
        listen: ["443"],
        certificates: { a: { certificate: "D", key: "L" } },
      },
      smokeTest: { command: ["w"], environment: { A: "a" } },
      commands: { before: [{ command: ["w"], environment: { A: "a" } }] },
    };
    assert.deepEqual(await marked("sites", { web: site }), {
      web: {
        image: "i",
        listen: ["80"],
        nginx: { "default.conf": '<secret "c">' },
        environment: { A: '<secret "a">', labels: '<secret "l">' },
        registries: { r: { username: '<secret "u">', password: '<secret "p">' } },
        tls: {
          certificate: '<secret "C">',
          key: '<secret "K">',
          listen: ["443"],
          certificates: { a: { certificate: '<secret "D">', key: '<secret "L">' } },
        },
        smokeTest: { command: ["w"], environment: { A: '<secret "a">' } },
        commands: { before: [{ command: ["w"], environment: { A: '<secret "a">' } }] },
      },
    });
  });

  test("of proxies: those of their backends too", async () => {
    const backends = { web: { image: "i", serverName: "a", environment: { A: "a" }, nginx: { x: "y" } } };
    assert.deepEqual(await marked("proxies", { front: { backends } }), {
      front: {
        backends: {
          web: {
            image: "i",
            serverName: "a",
            environment: { A: '<secret "a">' },
            nginx: { x: '<secret "y">' },
          },
        },
      },
    });
  });

  test("no name of a host or a site, and no label", async () => {
    const sites = { nginx: { image: "i", hosts: { labels: { environment: "production" } } } };
    const hosts = { environment: { address: "a", labels: { environment: "production", nginx: "yes" } } };
    assert.deepEqual(await marked("sites", sites), sites);
    assert.deepEqual(await marked("hosts", hosts), hosts);
  });
});

test("isWrittenAs: a secret may be any text, at any depth, and all else is as it is", () => {
  assert.equal(isWrittenAs({ a: [{ b: "text" }] }, { a: [{ b: { secure: "v1:…" } }] }), true);
  assert.equal(isWrittenAs({ a: [{ b: 5 }] }, { a: [{ b: { secure: "v1:…" } }] }), false);
  assert.equal(
    isWrittenAs({ a: [{ b: "text" }], secure: "x" }, { a: [{ b: { secure: 1 } }], secure: "x" }),
    false,
  );
  assert.equal(isWrittenAs({ a: "text" }, { a: "text", b: 1 }), false);
  assert.equal(isWrittenAs({ a: "text" }, undefined), false);
});

describe("readStackFile", () => {
  const directory = mkdtempSync(join(tmpdir(), "stack-file-"));
  const file = join(directory, "Pulumi.test.yaml");
  test.after(() => rmSync(directory, { recursive: true }));

  const texts: [string, string, unknown][] = [
    [
      "config",
      "config:\n  quadlet-fleet:hosts:\n    a: { secure: x }\n",
      { "quadlet-fleet:hosts": { a: { secure: "x" } } },
    ],
    ["no config", "encryptionsalt: v1\n", {}],
    ["nothing", "", {}],
  ];
  for (const [what, text, expected] of texts) {
    test(what, () => {
      writeFileSync(file, text);
      assert.deepEqual(readStackFile(file, "stacks/x.yaml")?.config, expected);
    });
  }

  test("a key of ours beside config:, which Pulumi would pass over without a word", () => {
    const misplaced = join(directory, "misplaced.yaml");
    writeFileSync(misplaced, "config:\n  quadlet-fleet:hosts: {}\nquadlet-fleet:proxies: {}\n");
    assert.throws(
      () => readStackFile(misplaced, "stacks/x.yaml"),
      /quadlet-fleet:proxies: is beside config:/,
    );
  });

  test("no file", () => assert.equal(readStackFile(join(directory, "none.yaml"), "none"), undefined));
  test("what can't be read is an error", () =>
    assert.throws(() => readStackFile(directory, "x"), { code: "EISDIR" }));
});
