import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { secret } from "@pulumi/pulumi";
import fc from "fast-check";
import { merge } from "../../stacks/merge.ts";

describe("merge", () => {
  const cases: [string, unknown, unknown, unknown][] = [
    ["maps deeply", { a: 1, b: { c: 1, d: 2 } }, { b: { c: 3, e: 4 } }, { a: 1, b: { c: 3, d: 2, e: 4 } }],
    ["replaces lists", { a: [1, 2] }, { a: [3] }, { a: [3] }],
    [
      "replaces what is of another kind",
      { a: { b: 1 }, c: 1 },
      { a: [2], c: { d: 1 } },
      { a: [2], c: { d: 1 } },
    ],
    ["removes by null", { a: { b: 1, c: 2 } }, { a: { b: null } }, { a: { c: 2 } }],
    [
      "keeps a null that removes nothing",
      { a: {} },
      { a: { b: null }, c: null },
      { a: { b: null }, c: null },
    ],
    ["nothing", { a: 1 }, {}, { a: 1 }],
  ];
  for (const [what, lower, upper, expected] of cases)
    test(what, () => assert.deepEqual(merge(lower, upper), expected));

  test("takes an Output whole, and looks into none", () => {
    const [one, other] = [secret("a"), secret("b")];
    assert.equal((merge({ a: { b: one } }, { a: { b: other } }) as { a: { b: unknown } }).a.b, other);
  });

  test("does not take a name for what every object has", () => {
    const upper = JSON.parse('{ "__proto__": { "x": 1 }, "toString": { "y": 2 } }') as object;
    const merged = merge({ a: 1 }, upper) as object;
    assert.deepEqual(Object.keys(merged), ["a", "__proto__", "toString"]);
    assert.equal((merged as { x?: number }).x, undefined);
  });

  test("tells what is repeated, and no secret", () => {
    const repeated: string[] = [];
    const same = secret("x");
    const lower = { a: 1, b: { c: [1, { d: 2 }], e: "x" }, s: same };
    merge(
      lower,
      { a: 2, b: { c: [1, { d: 2 }], e: "y" }, s: same },
      { repeated: (path) => repeated.push(path.join(".")) },
    );
    assert.deepEqual(repeated, ["b.c"]);
  });

  test("of any values: what the upper one has counts, and the rest stays", () => {
    const leaf = fc.oneof(fc.integer(), fc.string(), fc.array(fc.integer(), { maxLength: 2 }));
    const plain = { noNullPrototype: true };
    const map = fc.dictionary(
      fc.constantFrom("a", "b", "c"),
      fc.oneof(leaf, fc.dictionary(fc.constantFrom("d", "e"), leaf, plain)),
      plain,
    );
    fc.assert(
      fc.property(map, map, (lower, upper) => {
        const merged = merge(lower, upper) as Record<string, unknown>;
        assert.deepEqual(
          new Set(Object.keys(merged)),
          new Set([...Object.keys(lower), ...Object.keys(upper)]),
        );
        assert.deepEqual(merge(merged, upper), merged);
        assert.deepEqual(merge(lower, {}), merge({}, lower));
      }),
    );
  });
});
