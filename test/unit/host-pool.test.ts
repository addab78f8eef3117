import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Pool } from "../../host/ssh/pool.ts";

/** Which of them run at once, and which have waited: each ends when all that can have begun. */
async function run(places: [host: string, alone: string[]][]) {
  const pool = new Pool();
  const begun: number[] = [];
  const waited: number[] = [];
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const all = places.map(([address, alone], index) =>
    pool.inTurn(
      { address },
      alone,
      () => waited.push(index),
      async () => {
        begun.push(index);
        await held;
      },
    ),
  );
  await new Promise((resolve) => setImmediate(resolve));
  const atOnce = [...begun];
  release();
  await Promise.all(all);
  return { atOnce, begun, waited };
}

describe("whose turn it is", () => {
  test("one set alone waits for nobody", async () => {
    assert.deepEqual(await run([["a", ["tag"]]]), { atOnce: [0], begun: [0], waited: [] });
  });

  test("sets of one host: at once, and those of other hosts", async () => {
    const { atOnce, waited } = await run([
      ["a", []],
      ["a", []],
      ["b", []],
    ]);
    assert.deepEqual([atOnce, waited], [[0, 1, 2], []]);
  });

  test("what only one may have: one after the other, and who waits says so", async () => {
    const found = await run([
      ["a", ["one", "two"]],
      ["a", ["two", "one"]],
      ["a", ["three"]],
      ["b", ["one"]],
    ]);
    assert.deepEqual(found, { atOnce: [0, 2, 3], begun: [0, 2, 3, 1], waited: [1] });
  });

  test("in whatever order they ask for it, none waits for ever", async () => {
    const sets = ["x y", "y z", "z x", "z y x", "x", "y"].map((names): [string, string[]] => [
      "a",
      names.split(" "),
    ]);
    assert.deepEqual((await run(sets)).begun.sort(), [0, 1, 2, 3, 4, 5]);
  });

  test("four at a time on a host", async () => {
    const { atOnce, waited } = await run(["1", "2", "3", "4", "5"].map(() => ["a", []]));
    assert.deepEqual([atOnce, waited], [[0, 1, 2, 3], [4]]);
  });
});
