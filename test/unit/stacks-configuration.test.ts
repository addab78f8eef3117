import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { ArgumentError } from "../../components/problems.ts";
import { readConfiguration } from "../../stacks/configuration.ts";

function problems(all: Record<string, string>): string[] {
  try {
    readConfiguration(all, {}, []);
  } catch (thrown) {
    if (!(thrown instanceof ArgumentError)) throw thrown;
    return thrown.problems.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

test("our keys, by their names; those of others are not ours", () => {
  const all = { "quadlet-fleet:hosts": '{"a":{"address":"b"}}', "quadlet:agent": "x", "aws:region": "y" };
  assert.deepEqual(readConfiguration(all, {}, []), { hosts: { a: { address: "b" } } });
  assert.deepEqual(readConfiguration({}, {}, []), {});
});

test("a key whose entries are commented out counts as left out", () => {
  // So Pulumi 3.258 hands over `quadlet-fleet:sites:`, and so a future version will.
  for (const text of ["", "null"])
    assert.deepEqual(
      readConfiguration({ "quadlet-fleet:sites": text }, { "quadlet-fleet:sites": null }, []),
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
    "quadlet-fleet:toString: is not known. Known: hosts, sites, proxies.",
    "quadlet-fleet:proxies: must be the proxies by their names, as in { front: { hosts: [web-1], … } }",
  ]);
});

test("secrets: those of the file; where they are not in it, all that may be one", async () => {
  const key = "quadlet-fleet:sites";
  const text = '{"a":{"image":"i","environment":{"A":"x","B":"y"}}}';
  const secretsOf = async (file: Record<string, unknown> | undefined) => {
    const { sites } = readConfiguration({ [key]: text }, file, [key]) as {
      sites: { a: { image: unknown; environment: Record<string, unknown> } };
    };
    const { image, environment } = sites.a;
    const all = { image, ...environment };
    const marked = await Promise.all(
      Object.entries(all).map(async ([name, value]) =>
        pulumi.Output.isInstance(value) && (await pulumi.isSecret(value)) ? [name] : [],
      ),
    );
    return marked.flat();
  };
  const written = { [key]: { a: { image: "i", environment: { A: { secure: "v1:…" }, B: "y" } } } };
  assert.deepEqual(await secretsOf(written), ["A"]);
  assert.deepEqual(await secretsOf(undefined), ["A", "B"]);
});
