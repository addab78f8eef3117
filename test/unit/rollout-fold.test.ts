import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { fold, grouped, naturally, unfold } from "../../rollout/fold.ts";

describe("names in a few words", () => {
  const range = (first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, index) => `web-${first + index}`);
  const cases: [string[], string][] = [
    [[], ""],
    [["web-9"], "web-9"],
    [range(1, 97), "web-[1-97]"],
    [["web-12", "web-3", "web-7"], "web-[3,7,12]"],
    [[...range(1, 3), "web-5", ...range(9, 12)], "web-[1-3,5,9-12]"],
    [["web-1", "web-1"], "web-1"],
    [["web-01", "web-02", "web-1", "web-2"], "web-[1-2], web-[01-02]"],
    [["web-08", "web-09", "web-10"], "web-[08-10]"],
    [["web-8", "web-9", "web-10"], "web-[8-10]"],
    [["web", "db", "mail"], "db, mail, web"],
    [["web-2", "db", "web-1"], "db, web-[1-2]"],
    [["1.example.org", "2.example.org"], "[1-2].example.org"],
    [["rack1-web2", "rack1-web1", "rack2-web1"], "rack1-web[1-2], rack2-web1"],
    [["h99999999999999999999", "h100000000000000000000"], "h[99999999999999999999-100000000000000000000]"],
  ];
  for (const [names, folded] of cases) test(folded, () => assert.equal(fold(names), folded));
});

test("the order is a person's", () => {
  const names = ["web-10", "web-2", "db", "web-02", "web", "web-2a"];
  assert.deepEqual(names.sort(naturally), ["db", "web", "web-2", "web-2a", "web-02", "web-10"]);
});

const name = fc
  .stringMatching(/^[a-c.-]{0,2}[0-9]{0,2}[ab.]{0,1}[0-9]{0,3}[a-b]{0,1}$/)
  // A host's name is not empty.
  .filter((text) => text !== "");
const names = fc.oneof(
  fc.uniqueArray(name),
  fc.uniqueArray(fc.stringMatching(/^w[0-9]{1,3}$/), { maxLength: 60 }),
);

test("any names: folded, they are the same names", () => {
  fc.assert(
    fc.property(names, (all) => {
      assert.deepEqual(unfold(fold(all)).sort(), [...all].sort());
    }),
  );
});

test("any names: their order has no say", () => {
  fc.assert(
    fc.property(names, (all) => {
      assert.equal(fold([...all].reverse()), fold(all));
      assert.deepEqual([...all].reverse().sort(naturally), [...all].sort(naturally));
    }),
  );
});

test("what is said of hosts, each text once", () => {
  const said = [
    { name: "web-9", why: "held back" },
    { name: "web-7", why: "unreachable" },
    { name: "web-3", why: "unreachable" },
    { name: "db", why: "no room" },
  ];
  assert.deepEqual(grouped(said), [
    { why: "unreachable", names: ["web-3", "web-7"] },
    { why: "no room", names: ["db"] },
    { why: "held back", names: ["web-9"] },
  ]);
});
