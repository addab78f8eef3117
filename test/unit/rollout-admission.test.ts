import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type Gate, admission, tagKey } from "../../rollout/admission.ts";
import { virtualClock } from "./rollout-time.ts";

const never = new AbortController().signal;

/** Lets rollouts in one after the other, and reports what is inside after each. */
function watched(gate: Gate) {
  const inside = new Map<string, () => void>();
  const waits: string[] = [];
  return {
    waits,
    async enter(name: string, keys: readonly string[], signal = never) {
      void gate
        .enter({ name, keys }, signal, (names) => waits.push(`${name} for ${names.join(", ")}`))
        .then((leave) => leave && inside.set(name, leave));
      return await this.inside();
    },
    async leave(name: string) {
      inside.get(name)?.();
      inside.delete(name);
      return await this.inside();
    },
    async inside() {
      await new Promise((resolve) => setImmediate(resolve));
      return [...inside.keys()].join(" ");
    },
  };
}

describe("who is let in", () => {
  test("one at a time on a host, in the order in which they came", async () => {
    const gate = watched(admission().activate);
    assert.equal(await gate.enter("a", ["web-1"]), "a");
    assert.equal(await gate.enter("b", ["web-1"]), "a");
    assert.equal(await gate.enter("c", ["web-1"]), "a");
    assert.deepEqual(gate.waits, ["b for a", "c for a, b"]);
    assert.equal(await gate.leave("a"), "b");
    assert.equal(await gate.leave("b"), "c");
  });

  test("all hosts or none: who waits for one holds no other", async () => {
    const gate = watched(admission().activate);
    await gate.enter("a", ["web-1"]);
    assert.equal(await gate.enter("b", ["web-1", "web-2"]), "a");
    assert.equal(await gate.enter("c", ["web-3"]), "a c");
    assert.equal(await gate.leave("a"), "c b");
  });

  test("who shares a host with one that waits since longer does not overtake it", async () => {
    const gate = watched(admission().activate);
    await gate.enter("a", ["web-1"]);
    await gate.enter("b", ["web-1", "web-2"]);
    assert.equal(await gate.enter("c", ["web-2"]), "a");
    assert.equal(await gate.leave("a"), "b");
    assert.equal(await gate.leave("b"), "c");
  });

  test("four prepare on a host, one for a tag of it", async () => {
    const gate = watched(admission().prepare);
    for (const name of ["a", "b", "c", "d", "e"]) await gate.enter(name, ["web-1"]);
    assert.equal(await gate.inside(), "a b c d");
    const tags = watched(admission().prepare);
    await tags.enter("a", ["web-1", tagKey("web-1", "root nginx:1")]);
    assert.equal(await tags.enter("b", ["web-1", tagKey("web-1", "root nginx:1")]), "a");
    assert.equal(await tags.enter("c", ["web-2", tagKey("web-2", "root nginx:1")]), "a c");
  });

  test("who gives up lets the others by", async () => {
    const gate = watched(admission().activate);
    const impatient = new AbortController();
    await gate.enter("a", ["web-1"]);
    await gate.enter("b", ["web-1", "web-2"], impatient.signal);
    assert.equal(await gate.enter("c", ["web-2"]), "a");
    impatient.abort();
    assert.equal(await gate.inside(), "a c");
    assert.equal(await gate.leave("a"), "c");
  });

  test("all is taken at once, before anybody else is asked", () => {
    const { activate } = admission();
    const waits: string[] = [];
    void activate.enter({ name: "a", keys: ["web-1", "web-2"] }, never, () => waits.push("a"));
    void activate.enter({ name: "b", keys: ["web-2", "web-1"] }, never, () => waits.push("b"));
    assert.deepEqual(waits, ["b"]);
  });
});

test("any rollouts: all come to their end, never too many, first come first served", async () => {
  const hosts = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { minLength: 1 });
  const rollout = fc.record({
    keys: hosts,
    comes: fc.nat(20),
    prepares: fc.nat(9),
    activates: fc.nat(9),
    quitsAt: fc.option(fc.nat(40), { freq: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(rollout, { maxLength: 14 }), async (all) => {
      const clock = virtualClock();
      const { prepare, activate } = admission();
      const counts = { prepare: new Map<string, number>(), activate: new Map<string, number>() };
      const count = (level: "prepare" | "activate", keys: readonly string[], by: number) => {
        for (const key of keys) {
          const now = (counts[level].get(key) ?? 0) + by;
          counts[level].set(key, now);
          assert.ok(now <= (level === "prepare" ? 4 : 1), `${now} in ${level} on ${key}`);
        }
      };
      const asked: number[] = [];
      const activated: number[] = [];
      const ends = all.map(async ({ keys, comes, prepares, activates, quitsAt }, index) => {
        const quit = new AbortController();
        if (quitsAt !== null) clock.at(quitsAt, () => quit.abort());
        await clock.sleep(comes);
        const leave = await prepare.enter({ name: "", keys }, quit.signal, () => undefined);
        if (!leave) return;
        count("prepare", keys, 1);
        await clock.sleep(prepares);
        asked.push(index);
        const leaveToo = await activate.enter({ name: "", keys }, quit.signal, () => undefined);
        if (leaveToo) {
          activated.push(index);
          count("activate", keys, 1);
          await clock.sleep(activates);
          count("activate", keys, -1);
          leaveToo();
        }
        count("prepare", keys, -1);
        leave();
      });
      await clock.run(Promise.all(ends));
      for (const [place, later] of activated.entries())
        for (const earlier of activated.slice(place + 1))
          if (asked.indexOf(earlier) < asked.indexOf(later))
            assert.ok(!all[earlier]?.keys.some((key) => all[later]?.keys.includes(key)), "overtaken");
    }),
    { numRuns: 500 },
  );
});
