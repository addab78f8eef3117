import assert from "node:assert/strict";
import { test } from "node:test";
import { didYouMean, didYouMeanOf } from "../../units/nearest.ts";

const keys = ["image", "user", "listen"];

test("the nearest name, whatever its case and where two letters changed places", () => {
  for (const name of ["imgae", "Image", "imag"])
    assert.equal(didYouMean(name, keys), ' Did you mean "image"?');
});

test("where none is near: nothing, or all of them", () => {
  assert.equal(didYouMean("volumes", keys), "");
  assert.equal(didYouMeanOf("volumes", keys), " Known: image, user, listen.");
  assert.equal(didYouMeanOf("imgae", keys), ' Did you mean "image"?');
});
