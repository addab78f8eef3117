import assert from "node:assert/strict";
import { test } from "node:test";
import { Pool } from "../../host/ssh/pool.ts";

test("looks at a host: four at a time, in their order, and at others meanwhile", async () => {
  const pool = new Pool();
  const begun: string[] = [];
  const { promise: held, resolve: release } = Promise.withResolvers<undefined>();
  const look = (address: string, name: string) =>
    pool.inTurn({ address }, async () => {
      begun.push(name);
      await held;
    });
  const all = [...["a1", "a2", "a3", "a4", "a5", "a6"].map((name) => look("a", name)), look("b", "b1")];
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(begun, ["a1", "a2", "a3", "a4", "b1"]);
  release(undefined);
  await Promise.all(all);
  assert.deepEqual(begun, ["a1", "a2", "a3", "a4", "b1", "a5", "a6"]);
});

test("after Ctrl-C none begins", async () => {
  const pool = new Pool();
  pool.stop();
  await assert.rejects(
    pool.inTurn({ address: "a" }, () => Promise.resolve()),
    /the run was cancelled before this began/,
  );
});
