import assert from "node:assert/strict";
import { test } from "node:test";
import { namesHashLine } from "../../units/nginx/names-hash.ts";

// Each length was tried with nginx 1.26: with one more than the first number of a pair, nginx did not start.
const lengths: [number, number | undefined][] = [
  [1, undefined],
  [46, undefined],
  [47, 128],
  [110, 128],
  [111, 256],
  [238, 256],
  [239, 512],
  [253, 512],
];
const line = (size: number | undefined) =>
  size === undefined ? undefined : `server_names_hash_bucket_size ${size};`;

test("room for the longest name, where nginx has not enough by itself", () => {
  for (const [length, size] of lengths) {
    assert.equal(namesHashLine(["a", "a".repeat(length), "b"]), line(size), String(length));
  }
  assert.equal(namesHashLine([]), undefined);
});

test("of a pattern it is the longest label that counts", () => {
  for (const [length, size] of lengths) {
    assert.equal(namesHashLine([`*.${"a".repeat(length)}.com`]), line(size), String(length));
  }
  assert.equal(namesHashLine([`*.${"a.".repeat(100)}com`]), undefined);
});
