import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Pool } from "../../host/ssh/pool.ts";

type Place = Parameters<Pool["inTurn"]>[1];

const system: Place = { manager: "system", account: undefined };
const ofTest: Place = { manager: "system", account: "test" };
const user = (account: string): Place => ({ manager: "user", account });

/** Which of them run at once, and which have waited: each ends when all that can have begun. */
async function run(places: [host: string, place: Place][]) {
  const pool = new Pool();
  const begun: number[] = [];
  const waited: number[] = [];
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const all = places.map(([address, place], index) =>
    pool.inTurn(
      { address },
      place,
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
    assert.deepEqual(await run([["a", system]]), { atOnce: [0], begun: [0], waited: [] });
  });

  test("sets of one manager: one after the other, and who waits says so", async () => {
    const found = await run([
      ["a", system],
      ["a", system],
      ["a", ofTest],
    ]);
    assert.deepEqual(found, { atOnce: [0], begun: [0, 1, 2], waited: [1, 2] });
  });

  test("other managers and other hosts: at once", async () => {
    const { atOnce, waited } = await run([
      ["a", system],
      ["a", user("test")],
      ["a", user("other")],
      ["b", system],
    ]);
    assert.deepEqual([atOnce, waited], [[0, 1, 2, 3], []]);
  });

  test("four at a time on a host", async () => {
    const { atOnce, waited } = await run(
      ["1", "2", "3", "4", "5"].map((account): [string, Place] => ["a", user(account)]),
    );
    assert.deepEqual([atOnce, waited], [[0, 1, 2, 3], [4]]);
  });
});
