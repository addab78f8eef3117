import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { argumentSchema } from "../../components/arguments/from-contract.ts";
import { connectionSchema, mostJumps } from "../../components/arguments/connection.ts";
import { parseArguments } from "../../components/arguments/problems.ts";
import { probeSchema } from "../../components/arguments/shared-fields.ts";
import { checkUnitSet } from "../../provider/check.ts";
import type { PlainObject } from "../../provider/wire.ts";
import { type Field, contract } from "../../resources/contract-data.ts";

// The arguments that are fields of the contract.

const fieldsOf = (shape: string): [string, Field][] => Object.entries(contract[shape]?.fields ?? {});
const problems = (connection: unknown) =>
  parseArguments(connectionSchema, connection).problems?.map(({ path, message }) => `${path}: ${message}`) ??
  [];

describe("a connection", () => {
  const objects = ["jump", "sudo"];

  test("has the fields of the contract, each of which may be an Output if it holds no others", () => {
    const names = fieldsOf("Connection").map(([name]) => name);
    assert.ok(objects.every((name) => names.includes(name)));
    assert.deepEqual(Object.keys(connectionSchema.shape), names);
    for (const [shape, wrap] of [
      ["Connection", (fields: object) => fields],
      ["JumpHost", (fields: object) => ({ address: "a", jump: fields })],
      ["Sudo", (fields: object) => ({ address: "a", sudo: fields })],
    ] as const) {
      const leaves = fieldsOf(shape).filter(([name]) => !objects.includes(name));
      const outputs = Object.fromEntries(leaves.map(([name]) => [name, pulumi.output(1)]));
      assert.ok(leaves.length > 0);
      assert.deepEqual(problems(wrap(outputs)), [], shape);
    }
  });

  test("would take an Output for a boolean, too, and nothing else", () => {
    const schema = argumentSchema(z.strictObject({ flag: z.boolean().optional() }), { outputs: true });
    for (const [flag, isRight] of [
      [true, true],
      [pulumi.output(true), true],
      ["yes", false],
    ] as const)
      assert.equal(schema.safeParse({ flag }).success, isRight);
  });

  test("goes through so many jump hosts, and no more", () => {
    const through = (count: number): object => ({
      address: "a",
      ...(count > 0 ? { jump: through(count - 1) } : {}),
    });
    assert.deepEqual(problems(through(mostJumps)), []);
    assert.match(problems(through(mostJumps + 1)).join("\n"), /^jump\.jump\.jump\.jump: is not known\./);
  });
});

test("a request is refused in the words of the provider", () => {
  const requests: Record<string, string>[] = [
    { path: "health" },
    { path: "/a b" },
    { hostName: "a b" },
    { body: "" },
    { body: "two\nlines" },
  ];
  const set: PlainObject = { hosts: { a: { address: "a" } }, name: "a", manager: "system", units: {} };
  for (const request of requests) {
    const [problem, ...more] = parseArguments(probeSchema, request).problems ?? [];
    assert.ok(problem && more.length === 0, JSON.stringify(request));
    assert.deepEqual(
      checkUnitSet({ ...set, probes: { "0.0.0.0:80": request } }).map(({ reason }) => reason),
      [problem.message],
    );
  }
  assert.deepEqual(parseArguments(probeSchema, { path: "/", hostName: "a", status: 200, body: "b" }), {
    data: { path: "/", hostName: "a", status: 200, body: "b" },
  });
});
