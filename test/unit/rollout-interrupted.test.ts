import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { admission } from "../../rollout/admission.ts";
import { activations, allNew, allOld, begin, four, play, text, truths } from "./rollout-scene.ts";
import { virtualClock } from "./rollout-time.ts";

describe("Ctrl-C", () => {
  test("while the canary is watched: reverted", async () => {
    const scene = await play({ fates: four(), policy: { minHealthyTime: 30 }, cancelAt: 5 });
    assert.deepEqual([truths(scene), activations(scene)], [allOld, [["web-1"]]]);
    assert.equal(text(scene), "Nothing is changed on web-[1-4]: reverted.\nThe run was cancelled.");
    assert.equal(scene.ended, 6, "without waiting for the watch");
  });

  test("when all are activated: finished", async () => {
    const scene = await play({ fates: four({ "web-2": { outages: [[6.5, 9]] } }), cancelAt: 10 });
    assert.deepEqual([scene.outcome.kind, truths(scene)], ["all-new", allNew]);
  });

  test("with one host: finished", async () => {
    const scene = await play({ fates: { "web-1": {} }, cancelAt: 0.5 });
    assert.equal(scene.outcome.kind, "all-new");
  });

  test("with one host that waits for another site: not begun", async () => {
    const clock = virtualClock();
    const shared = { clock, admission: admission() };
    const [first, second] = await clock.run(
      Promise.all([
        begin({
          ...shared,
          fates: { "web-1": { activate: { takes: 50, answer: "held" } }, "web-2": {} },
          policy: { canary: 0 },
        }),
        begin({ ...shared, fates: { "web-1": {} }, cancelAt: 20 }),
      ]),
    );
    assert.equal(first.outcome.kind, "all-new");
    assert.deepEqual([second.outcome.kind, second.ended], ["all-old", 20]);
    assert.equal(
      text(second),
      "Nothing is changed on web-1.\nThe run was cancelled before anything was activated.",
    );
  });

  test("in the pause before the next try: not begun", async () => {
    const scene = await play({ fates: { "web-1": { busy: 5 } }, cancelAt: 1 });
    assert.equal(text(scene), "Nothing is changed on web-1.\nThe run was cancelled before anything began.");
    assert.equal(scene.ended, 1);
  });

  test("the engine is gone: reverted, also one host alone", async () => {
    for (const fates of [four(), { "web-1": {} }]) {
      const scene = await play({ fates, goneAt: 1.5 });
      assert.equal(scene.outcome.kind, "all-old");
      assert.ok(scene.hosts.every(({ truth }) => truth === "old"));
    }
  });

  test("after the decision: finished, whatever happens", async () => {
    const fates = four({ "web-2": { commit: { takes: 0, losesAck: true }, outages: [[7.5, 20]] } });
    const scene = await play({ fates, cancelAt: 8, goneAt: 8 });
    assert.deepEqual([scene.outcome.kind, truths(scene)], ["all-new", allNew]);
    assert.ok(scene.ended > 20);
  });
});

describe("a busy host", () => {
  test("all is released, and tried again", async () => {
    const scene = await play({ fates: four({ "web-3": { busy: 2 } }) });
    assert.deepEqual([scene.outcome.kind, truths(scene)], ["all-new", allNew]);
    assert.ok(scene.said.includes("web-3: busy with another site; trying again"));
    const calm = await play({ fates: four({}) });
    assert.ok(scene.ended > calm.ended + 2);
  });

  test("for more than ten minutes: nothing is changed", async () => {
    const scene = await play({ fates: four({ "web-3": { busy: 1000 } }) });
    assert.deepEqual([scene.outcome.kind, truths(scene)], ["all-old", allOld]);
    assert.equal(
      text(scene),
      "Nothing is changed on web-[1-4].\nweb-3: still busy after ten minutes: another site",
    );
    assert.equal(Math.round(scene.ended / 60), 10);
  });
});

test("a second site on the same host is prepared beside the first one and activated after it", async () => {
  const clock = virtualClock();
  const shared = { clock, admission: admission() };
  const slow = { activate: { takes: 50, answer: "held" } } as const;
  const [first, second] = await clock.run(
    Promise.all([
      begin({ ...shared, site: "one", fates: { "web-1": slow } }),
      begin({ ...shared, site: "two", fates: { "web-1": {}, "web-2": {} } }),
    ]),
  );
  assert.deepEqual([first.outcome.kind, second.outcome.kind], ["all-new", "all-new"]);
  assert.deepEqual(
    [first, second].map(({ hosts }) => hosts[0]?.activatedAt),
    [1, 51],
  );
  assert.ok(second.said.includes("prepared; waiting for one"));
});
