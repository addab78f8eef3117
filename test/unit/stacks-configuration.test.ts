import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { ArgumentError } from "../../components/arguments/problems.ts";
import { readConfiguration } from "../../stacks/configuration.ts";
import { placeFleet } from "../../stacks/fleet.ts";
import { makeCertificate } from "../certificates.ts";

/** A stack file without the places of its values. */
const written = (config: Record<string, unknown>) => ({ config, at: () => undefined, isBlank: () => false });

function problems(all: Record<string, string>): string[] {
  try {
    readConfiguration(all, written({}), [], "/nowhere");
  } catch (thrown) {
    if (!(thrown instanceof ArgumentError)) throw thrown;
    return thrown.problems.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

test("our keys, by their names; those of others are not ours", () => {
  const all = { "quadlet-fleet:hosts": '{"a":{"address":"b"}}', "quadlet:agent": "x", "aws:region": "y" };
  assert.deepEqual(readConfiguration(all, undefined, [], "/nowhere").value, {
    hosts: { a: { address: "b" } },
  });
  assert.deepEqual(readConfiguration({}, undefined, [], "/nowhere").value, {});
});

test("a key whose entries are commented out counts as left out", () => {
  // Pulumi 3.258 hands over `quadlet-fleet:sites:` as "", and a future version may hand over "null".
  for (const text of ["", "null"])
    assert.deepEqual(
      readConfiguration(
        { "quadlet-fleet:sites": text },
        written({ "quadlet-fleet:sites": null }),
        [],
        "/nowhere",
      ).value,
      {},
    );
});

test("Pulumi.yaml has our keys and no types, by which the engine would refuse such a key itself, in words of its own", () => {
  const text = readFileSync(join(import.meta.dirname, "../../Pulumi.yaml"), "utf8");
  const { config } = parse(text) as { config: Record<string, { type?: string; default?: unknown }> };
  assert.deepEqual(
    Object.entries(config).map(([key, { type, default: value }]) => [key, type, value]),
    ["hosts", "sites", "proxies"].map((key) => [`quadlet-fleet:${key}`, undefined, {}]),
  );
});

describe("what has no names in it is told by its key, and not quoted", () => {
  for (const text of ["www", '"www"', "5", "true", '["www"]', "{ www: x }"])
    test(text, () =>
      assert.deepEqual(problems({ "quadlet-fleet:sites": text, "quadlet-fleet:hosts": "{}" }), [
        "quadlet-fleet:sites: must be the sites by their names, as in { www: { hosts: [web-1], … } }",
      ]),
    );
});

test("all at once", () => {
  const all = {
    "quadlet-fleet:hosts": "a",
    "quadlet-fleet:prxies": "{}",
    "quadlet-fleet:toString": "{}",
    "quadlet-fleet:proxies": "1",
  };
  assert.deepEqual(problems(all), [
    'quadlet-fleet:hosts: must be the hosts by their names, as in { web-1: { address: "192.0.2.11" } }',
    'quadlet-fleet:prxies: is not known. Did you mean "proxies"?',
    "quadlet-fleet:toString: is not known. Known: hosts, sites, proxies, extends, inventory.",
    "quadlet-fleet:proxies: must be the proxies by their names, as in { front: { hosts: [web-1], … } }",
  ]);
});

test("secrets: those of the file; where they are not in it, all that may be one", async () => {
  const key = "quadlet-fleet:sites";
  const text = '{"a":{"image":"i","environment":{"A":"x","B":"y"}}}';
  const secretsOf = async (file: Record<string, unknown> | undefined) => {
    const { value } = readConfiguration({ [key]: text }, file && written(file), [key], "/nowhere");
    const { sites } = value as { sites: { a: { image: unknown; environment: Record<string, unknown> } } };
    const { image, environment } = sites.a;
    const all = { image, ...environment };
    const marked = await Promise.all(
      Object.entries(all).map(async ([name, value]) =>
        pulumi.Output.isInstance(value) && (await pulumi.isSecret(value)) ? [name] : [],
      ),
    );
    return marked.flat();
  };
  const file = { [key]: { a: { image: "i", environment: { A: { secure: "v1:…" }, B: "y" } } } };
  assert.deepEqual(await secretsOf(file), ["A"]);
  assert.deepEqual(await secretsOf(undefined), ["A", "B"]);
});

describe("texts of files", () => {
  const project = mkdtempSync(join(tmpdir(), "stacks-configuration-"));
  after(() => rmSync(project, { recursive: true }));
  const [pair, other] = [makeCertificate(["a.example.com"]), makeCertificate(["b.example.com"])];
  for (const [file, text] of Object.entries({ cert: pair.certificate, key: pair.key, other: other.key }))
    writeFileSync(join(project, file), text);

  const site = (key: object) => ({
    hosts: ["h"],
    manager: "system",
    image: "docker.io/library/nginx:latest",
    listen: [],
    tls: { certificate: { file: "cert" }, key },
  });
  const hosts = { h: { address: "192.0.2.11" } };
  const all = (key: object) => ({
    "quadlet-fleet:hosts": JSON.stringify(hosts),
    "quadlet-fleet:sites": JSON.stringify({ www: site(key) }),
  });
  const fleetOf = (key: object) => placeFleet(readConfiguration(all(key), written({}), [], project).value);

  test("are the component's arguments, in clear: what must be a secret the component makes one", () =>
    assert.deepEqual(fleetOf({ file: "key" }).sites[0]?.args.tls, pair));

  test("are checked as others are, by the path in the stack file", () =>
    assert.throws(() => fleetOf({ file: "other" }), {
      message: /^the stack's configuration:\n {2}sites\.www\.tls\.key: does not belong to tls\.certificate/,
    }));

  test("one that can't be read is told by that path, beside what else is wrong with the keys", () =>
    assert.throws(
      () =>
        readConfiguration(
          { ...all({ file: "gone" }), "quadlet-fleet:prxies": "{}" },
          written({}),
          [],
          project,
        ),
      {
        message: [
          "the stack's configuration:",
          '  quadlet-fleet:prxies: is not known. Did you mean "proxies"?',
          `  sites.www.tls.key: the file "gone", relative to the project's directory ${project}, does not exist`,
        ].join("\n"),
      },
    ));

  test("secrets: those of the stack file beside them, and where these can't be told apart, all that may be one", async () => {
    const key = "quadlet-fleet:sites";
    const nginx = { a: { file: "cert" }, b: { file: "cert", secret: true }, c: "in the stack file" };
    const secretsOf = async (file: Record<string, unknown> | undefined) => {
      const all = { [key]: JSON.stringify({ w: { nginx } }) };
      const { value } = readConfiguration(all, file && written(file), [key], project);
      const texts = (value as { sites: { w: { nginx: Record<string, unknown> } } }).sites.w.nginx;
      const marked = await Promise.all(
        Object.entries(texts).map(async ([name, value]) =>
          pulumi.Output.isInstance(value) && (await pulumi.isSecret(value)) ? [name] : [],
        ),
      );
      return marked.flat();
    };
    assert.deepEqual(await secretsOf({ [key]: { w: { nginx: { ...nginx, c: { secure: "v1:…" } } } } }), [
      "b",
      "c",
    ]);
    assert.deepEqual(await secretsOf(undefined), ["a", "b", "c"]);
  });
});
