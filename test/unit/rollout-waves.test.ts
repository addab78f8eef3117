import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { waves } from "../../rollout/waves.ts";

type Width = Parameters<typeof waves>[1];

function planned(names: readonly string[], width: Partial<Width>, leaving: readonly string[] = []): string[] {
  const hosts = names.map((name) => ({ name, leaves: leaving.includes(name) }));
  const all = waves(hosts, { canary: 1, canaryHosts: [], maxParallel: 50, ...width });
  return all.map((wave) => wave.map(({ name }) => name).join(" "));
}

const ten = Array.from({ length: 10 }, (_, index) => `web-${10 - index}`);

describe("which host comes in which wave", () => {
  test("one canary, then all others", () =>
    assert.deepEqual(planned(ten, {}), ["web-1", "web-2 web-3 web-4 web-5 web-6 web-7 web-8 web-9 web-10"]));
  test("so many at a time", () =>
    assert.deepEqual(planned(ten, { maxParallel: 4 }), [
      "web-1",
      "web-2 web-3 web-4 web-5",
      "web-6 web-7 web-8 web-9",
      "web-10",
    ]));
  test("canaries by name", () =>
    assert.deepEqual(planned(["a", "b", "c"], { canaryHosts: ["c", "b"] }), ["b c", "a"]));
  test("the named canary has nothing to do: another one goes first", () =>
    assert.deepEqual(planned(["a", "b"], { canaryHosts: ["c"] }), ["a", "b"]));
  test("no canary", () => assert.deepEqual(planned(["b", "a"], { canary: 0 }), ["a b"]));
  test("also canaries go so many at a time", () =>
    assert.deepEqual(planned(["a", "b", "c", "d"], { canary: 3, maxParallel: 2 }), ["a b", "c", "d"]));
  test("hosts that lose the set come last, and are no canaries", () =>
    assert.deepEqual(planned(["a", "b", "c", "d"], {}, ["a", "c"]), ["b", "d", "a c"]));
  test("no host has anything to do", () => assert.deepEqual(planned([], {}), []));
});

test("any hosts: each comes once, and no wave is too wide", () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-c][0-9]{0,2}$/));
  fc.assert(
    fc.property(names, names, fc.nat(4), fc.integer({ min: 1, max: 5 }), (all, some, canary, maxParallel) => {
      const found = planned(all, { canary, maxParallel, canaryHosts: some }, some).map((wave) =>
        wave.split(" "),
      );
      assert.deepEqual(found.flat().sort(), [...all].sort());
      assert.ok(found.every(({ length }) => length <= maxParallel));
    }),
  );
});
