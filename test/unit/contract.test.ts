import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { contract } from "../../resources/contract-data.ts";
import { unitSetInputs } from "../../resources/contract/unit-set.ts";
import { contractFile } from "../../tools/schema/contract.ts";

// resources/contract.json has what resources/contract/ declares.

const root = join(import.meta.dirname, "../..");

for (const [path, text] of Object.entries(await contractFile())) {
  test(`${path} is what the schemas and docstrings say`, () => {
    // assert.equal would print both long texts.
    assert.ok(readFileSync(join(root, path), "utf8") === text, `${path} is out of date: make docs`);
  });
}

test("a field has its type, its marks and its meaning, and those of what its shape is made of", () => {
  assert.deepEqual(contract.Sudo?.fields, {
    password: {
      type: { kind: "text" },
      secret: true,
      description:
        "The login's password, for a sudo that asks for it. Always kept as a secret. Range: one line. Default: none: sudo must be NOPASSWD.",
    },
  });
  assert.deepEqual(contract.Connection?.fields.sudo?.type, {
    kind: "shape",
    shape: "Sudo",
    orFlag: true,
    what: "true, false or { password: … }",
  });
  assert.deepEqual(Object.keys(contract.Probe?.fields ?? {}), [
    ...Object.keys(contract.HttpRequest?.fields ?? {}),
    "outside",
    "address",
  ]);
});

describe("the schemas themselves", () => {
  const right = { hosts: { "web-1": { address: "192.0.2.11" } }, name: "a", manager: "system" };

  test("take what is right", () => {
    const jump = { address: "b", jump: { address: "c", jump: { address: "d" } } };
    const inputs = {
      ...right,
      hosts: { a: { address: "a", sudo: { password: "p" }, agent: false, jump } },
      units: { "a.service": "[Service]\nExecStart=/usr/bin/true\n" },
    };
    assert.deepEqual(unitSetInputs.parse(inputs), inputs);
  });

  test("refuse by the rules of units/", () => {
    const { error } = unitSetInputs.safeParse({
      ...right,
      name: "../a",
      units: { "a.service": "ExecStart=/usr/bin/true\n" },
    });
    assert.deepEqual(
      error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
      [
        'name: must be letters, digits, "-", "_" and ".", at most 100',
        "units.a.service: a.service:1: ExecStart= is before the first section. Move it below a line such as [Unit].",
      ],
    );
  });
});
