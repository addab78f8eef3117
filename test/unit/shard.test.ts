import assert from "node:assert/strict";
import { test } from "node:test";
import { shardOf } from "../../tools/shard.ts";

const names = ["a", "b", "c", "d", "e"];

test("the parts have each name once, and neighbours are apart", () => {
  assert.deepEqual(shardOf(names, "1/2"), ["a", "c", "e"]);
  assert.deepEqual(shardOf(names, "2/2"), ["b", "d"]);
  assert.deepEqual(shardOf(names, "1/1"), names);
  for (const total of [3, 5, 7]) {
    const parts = Array.from({ length: total }, (_, at) => shardOf(names, `${at + 1}/${total}`));
    assert.deepEqual(parts.flat().toSorted(), names);
  }
});

test("what is not a part is an error", () => {
  for (const shard of ["0/2", "3/2", "1/0", "1", "a/b", "1/2/3", "-1/2"])
    assert.throws(
      () => shardOf(names, shard),
      new Error(`"${shard}" is not a shard: 1/3 is the first of three.`),
    );
});
