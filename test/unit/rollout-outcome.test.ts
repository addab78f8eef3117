import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Has } from "../../rollout/member.ts";
import { type End, outcome } from "../../rollout/outcome.ts";

function ends(cause: End["cause"], has: Has, why: string, ...names: string[]): End[] {
  return names.map((name) => ({ name, leaves: false, had: "old", has, cause, why }));
}

const names = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => `web-${first + index}`);
const committed = (...all: string[]) => ends("committed", "new", "has the new version", ...all);

/** Section 3.3 of the design, row by row. */
describe("what the engine is told", () => {
  test("all old", () => {
    const all = [
      ...ends("others", "old", "reverted", ...names(1, 96)),
      ...ends("failure", "old", "x", "web-97"),
    ];
    assert.deepEqual(outcome(all, undefined, true), {
      kind: "all-old",
      answer: "error",
      touched: true,
      text: "Nothing is changed on web-[1-97]: reverted.\nweb-97: x",
    });
  });
  test("all new", () =>
    assert.deepEqual(outcome(committed("a", "b"), undefined, true), { kind: "all-new", answer: "ok" }));
  test("new, and the rest by wish", () => {
    const all = [
      ...committed("web-1"),
      ...ends("wish", "old", "unreachable", "web-3", "web-7"),
      ...ends("wish", "nothing", "held back", "web-9"),
    ];
    const found = outcome(all, undefined, true);
    assert.deepEqual(found, {
      kind: "partial",
      answer: "ok",
      rest: "new",
      exceptions: {
        "web-3": { has: "old", why: "unreachable" },
        "web-7": { has: "old", why: "unreachable" },
        "web-9": { has: "nothing", why: "held back" },
      },
      pending: "web-[3,7]: unreachable; web-9: held back",
      text: "web-1: new version.\nweb-[3,7] (2 hosts): unreachable\nweb-9: held back",
    });
  });
  test("new, and the rest failed", () => {
    const found = outcome([...committed("a"), ...ends("failure", "old", "no room", "b")], undefined, true);
    assert.deepEqual(
      [found.answer, found.kind === "partial" && found.pending],
      ["init-failed", "b: no room"],
    );
  });
  test("new, and removed from others, and the rest failed", () => {
    const leaving = [...committed("b", "c"), ...ends("failure", "old", "x", "d")];
    const all = [...committed("a"), ...leaving.map((end) => ({ ...end, leaves: true }))];
    const found = outcome(all, undefined, true);
    assert.equal(found.kind === "partial" && found.text, "a: new version.\nb, c: removed.\nd: x");
  });
  for (const has of ["stuck", "unknown"] as const)
    test(`old, but one is ${has}`, () => {
      const all = [...ends("failure", "old", "x", "a"), ...ends("others", has, "lost", "b")];
      assert.deepEqual(outcome(all, undefined, true), {
        kind: "partial",
        answer: "init-failed",
        rest: "old",
        exceptions: { b: { has, why: "lost" } },
        pending: "b: lost",
        text: "a: old version.\na: x\nb: lost",
      });
    });
  test("what was unknown before and could not be asked is no change", () => {
    const all: End[] = [
      { name: "a", leaves: false, had: "unknown", has: "unknown", cause: "failure", why: "no connection" },
    ];
    assert.equal(outcome(all, undefined, false).kind, "all-old");
  });
  test("one host has it already, the others went back", () => {
    const all = [...ends("nothing-to-do", "new", "", "a"), ...ends("failure", "old", "x", "b")];
    assert.equal(outcome(all, undefined, true).kind, "all-old");
  });
  test("a cancelled run says so, and no more", () => {
    const found = outcome(ends("others", "old", "not activated", "a", "b"), "The run was cancelled.", false);
    assert.equal(
      found.kind === "all-old" && found.text,
      "Nothing is changed on a, b.\nThe run was cancelled.",
    );
  });
});

describe("texts stay short", () => {
  const different = names(1, 300).flatMap((name) => ends("failure", "old", `reason of ${name}`, name));
  test("the first 20 reasons", () => {
    const found = outcome(different, undefined, false);
    const lines = found.kind === "all-old" ? found.text.split("\n") : [];
    assert.deepEqual(lines.slice(0, 2), ["Nothing is changed on web-[1-300].", "web-1: reason of web-1"]);
    assert.deepEqual([lines.length, lines.at(-1)], [22, "and 280 more reasons"]);
  });
  test("reasons of more hosts come first", () => {
    const all = [
      ...ends("failure", "old", "x", "a"),
      ...ends("failure", "old", "no room on /var.\ndf: 0", "b", "c"),
    ];
    const found = outcome(all, undefined, false);
    assert.equal(
      found.kind === "all-old" && found.text,
      "Nothing is changed on a, b, c.\nb, c (2 hosts): no room on /var.\n  df: 0\na: x",
    );
  });
  test("pending is one short line", () => {
    const found = outcome([...committed("db"), ...different], undefined, true);
    assert.ok(found.kind === "partial");
    assert.match(found.pending, /^web-1: reason of web-1; .*; and \d+ more$/);
    assert.ok(found.pending.length <= 320, found.pending);
  });
  test("pending counts hosts whose names do not fold, and cuts long reasons", () => {
    const odd = names(1, 999).filter((_, index) => index % 2 === 0);
    const found = outcome(
      [...committed("db"), ...ends("failure", "old", `${"x".repeat(199)}\ny`, ...odd)],
      undefined,
      true,
    );
    assert.equal(found.kind === "partial" && found.pending, `500 hosts (web-1, …): ${"x".repeat(119)}…`);
  });
});
