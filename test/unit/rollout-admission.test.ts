import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type Gate, admission, tagKey } from "../../rollout/admission.ts";
import { virtualClock } from "./rollout-time.ts";

const never = new AbortController().signal;

/** Lets rollouts in one after the other, and after each reports which ones are inside. */
function watched(gate: Gate) {
  const inside = new Map<string, () => void>();
  const waits: string[] = [];
  return {
    waits,
    async enter(name: string, keys: readonly string[], signal = never) {
      void gate
        .enter({ name, keys, isExclusive: keys.length > 1 }, signal, (names) =>
          waits.push(`${name} for ${names.join(", ")}`),
        )
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
  test("over several hosts: one at a time, in the order in which they came", async () => {
    const gate = watched(admission().activate);
    const hosts = ["web-1", "web-2"];
    assert.equal(await gate.enter("a", hosts), "a");
    assert.equal(await gate.enter("b", hosts), "a");
    assert.equal(await gate.enter("c", hosts), "a");
    assert.deepEqual(gate.waits, ["b for a", "c for a, b"]);
    assert.equal(await gate.leave("a"), "b");
    assert.equal(await gate.leave("b"), "c");
  });

  test("on one host alone: four at a time, and none beside one over several hosts", async () => {
    const gate = watched(admission().activate);
    for (const name of ["a", "b", "c", "d", "e"]) await gate.enter(name, ["web-1"]);
    assert.equal(await gate.enter("f", ["web-1", "web-2"]), "a b c d");
    assert.equal(await gate.enter("g", ["web-1"]), "a b c d");
    for (const name of ["a", "b", "c", "d"]) await gate.leave(name);
    assert.equal(await gate.leave("e"), "f");
    assert.equal(await gate.leave("f"), "g");
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
    const isExclusive = true;
    void activate.enter({ name: "a", keys: ["web-1", "web-2"], isExclusive }, never, () => waits.push("a"));
    void activate.enter({ name: "b", keys: ["web-2", "web-1"], isExclusive }, never, () => waits.push("b"));
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
          assert.ok(now <= 4, `${now} in ${level} on ${key}`);
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
        const isExclusive = keys.length > 1;
        const leaveToo = await activate.enter({ name: "", keys, isExclusive }, quit.signal, () => undefined);
        if (leaveToo) {
          const places = isExclusive ? 4 : 1;
          activated.push(index);
          count("activate", keys, places);
          await clock.sleep(activates);
          count("activate", keys, -places);
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
