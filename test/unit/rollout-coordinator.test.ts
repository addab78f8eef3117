import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Scene, activations, allNew, allOld, four, play, text, truths } from "./rollout-scene.ts";

const refused = { prepare: { takes: 1, answer: "refused" } } as const;
const unreachable = { prepare: { takes: 1, answer: "unreachable" } } as const;
const nothingToDo = { prepare: { takes: 1, answer: "nothing-to-do" } } as const;
const failing = { activate: { takes: 1, answer: "failed" } } as const;
const stuck = { activate: { takes: 1, answer: "held" }, revert: { takes: 1, answer: "stuck" } } as const;
const hanging = { activate: { takes: 100_000, answer: "held" } } as const;
const sick = { looks: [false, false] };

describe("a pause after the canary", () => {
  const policy = { pause: "canary" } as const;

  test("the canary has the new version, and nothing is changed on the others", async () => {
    const scene = await play({ fates: four(), policy });
    assert.deepEqual(truths(scene), { ...allOld, "web-1": "new" });
    assert.deepEqual(activations(scene), [["web-1"]]);
    assert.equal(scene.outcome.answer, "ok");
    assert.equal(
      scene.outcome.kind === "partial" && scene.outcome.pending,
      "web-[2-4]: waits for the next `pulumi up`",
    );
  });

  test("several canaries, one after the other: all of them", async () => {
    const several = { ...policy, canary: 2, maxParallel: 1 };
    const scene = await play({ fates: four(), policy: several });
    assert.deepEqual(truths(scene), { ...allOld, "web-1": "new", "web-2": "new" });
    assert.deepEqual(activations(scene), [["web-1"], ["web-2"]]);
  });

  test("a canary that fails: all are old, and it is a failure", async () => {
    const scene = await play({ fates: four({ "web-1": failing }), policy });
    assert.deepEqual([truths(scene), scene.outcome.kind], [allOld, "all-old"]);
  });

  test("where the canary has nothing to do, there is nothing to wait for", async () => {
    const scene = await play({ fates: four({ "web-1": nothingToDo }), policy });
    assert.deepEqual([truths(scene), scene.outcome.kind], [allNew, "all-new"]);
  });

  test("one host alone", async () => {
    assert.equal((await play({ fates: { "web-1": {} }, policy })).outcome.kind, "all-new");
  });
});

test("hosts that are left out are named with the reason", async () => {
  const { said } = await play({ fates: four({ "web-3": unreachable }), policy: { offline: "skip" } });
  assert.ok(said.includes("left out: web-3: unreachable, as planned"), said.join("\n"));
});

describe("all goes well", () => {
  test("a canary, then the others", async () => {
    const scene = await play({ fates: four() });
    assert.deepEqual(scene.outcome, { kind: "all-new", answer: "ok" });
    assert.deepEqual(truths(scene), allNew);
    assert.deepEqual(activations(scene), [["web-1"], ["web-2", "web-3", "web-4"]]);
    assert.deepEqual(
      scene.said.filter((line) => line.startsWith("wave")),
      [
        "wave 1 of 2: 0 of 4 serve the new version",
        "wave 1 of 2 done: 1 of 4 serve the new version",
        "wave 2 of 2: 1 of 4 serve the new version",
        "wave 2 of 2 done: 4 of 4 serve the new version",
      ],
    );
  });

  test("each wave but the last has to stay healthy", async () => {
    const timesOf = async (minHealthyTime: number) =>
      (await play({ fates: four(), policy: { maxParallel: 2, minHealthyTime } })).hosts.map(
        ({ activatedAt }) => activatedAt,
      );
    assert.deepEqual(await timesOf(0), [2, 3, 3, 4]);
    assert.deepEqual(await timesOf(10), [2, 13, 13, 24]);
  });

  test("one host: no waiting, and nothing is said of waves", async () => {
    const scene = await play({ fates: { "web-1": {} } });
    assert.deepEqual([scene.outcome.kind, scene.ended], ["all-new", 2]);
    assert.deepEqual(scene.said, ["prepared 1 of 1"]);
  });

  test("hosts with nothing to do are in no wave", async () => {
    const scene = await play({ fates: four({ "web-1": nothingToDo, "web-3": nothingToDo }) });
    assert.deepEqual([scene.outcome.kind, activations(scene)], ["all-new", [["web-2"], ["web-4"]]]);
    assert.ok(scene.said.includes("prepared 4 of 4"), scene.said.join("\n"));
  });

  test("no host has anything to do", async () => {
    const scene = await play({ fates: { "web-1": nothingToDo } });
    assert.deepEqual([scene.outcome.kind, activations(scene)], ["all-new", []]);
  });
});

describe("a host fails", () => {
  test("in preparation: nothing is activated, and all reasons are said at once", async () => {
    const scene = await play({ fates: four({ "web-2": refused, "web-4": refused }) });
    assert.deepEqual([truths(scene), activations(scene)], [allOld, []]);
    assert.deepEqual(scene.outcome, {
      kind: "all-old",
      answer: "error",
      touched: false,
      text: "Nothing is changed on web-[1-4].\nweb-[2,4] (2 hosts): refused, as planned",
    });
  });

  test("the canary, in preparation: no other host is asked", async () => {
    const scene = await play({ fates: four({ "web-1": refused }), policy: { maxFailures: 3 } });
    assert.equal(scene.ended, 1);
    assert.equal(text(scene), "Nothing is changed on web-[1-4].\nweb-1: refused, as planned");
  });

  test("in a wave: all are reverted", async () => {
    const scene = await play({ fates: four({ "web-3": failing }) });
    assert.deepEqual(truths(scene), allOld);
    assert.deepEqual([scene.outcome.kind, scene.outcome.answer], ["all-old", "error"]);
    assert.equal(text(scene), "Nothing is changed on web-[1-4]: reverted.\nweb-3: activation failed");
  });

  test("the canary, in its wave: the others are not touched", async () => {
    const scene = await play({ fates: four({ "web-1": sick }), policy: { maxFailures: 3 } });
    assert.deepEqual([truths(scene), activations(scene)], [allOld, [["web-1"]]]);
    assert.equal(text(scene), "Nothing is changed on web-[1-4]: reverted.\nweb-1: answers 500");
  });

  test("one bad look is none", async () => {
    const scene = await play({ fates: four({ "web-1": { looks: [false, true] } }) });
    assert.equal(scene.outcome.kind, "all-new");
  });

  test("within the budget: the others have the new version, and it is listed", async () => {
    const scene = await play({
      fates: four({ "web-2": failing, "web-3": refused }),
      policy: { maxFailures: 2 },
    });
    assert.deepEqual(truths(scene), { ...allNew, "web-2": "old", "web-3": "old" });
    assert.deepEqual(scene.outcome, {
      kind: "partial",
      answer: "init-failed",
      rest: "new",
      exceptions: {
        "web-2": { has: "old", why: "activation failed" },
        "web-3": { has: "old", why: "refused, as planned" },
      },
      pending: "web-2: activation failed; web-3: refused, as planned",
      text: "web-[1,4]: new version.\nweb-2: activation failed\nweb-3: refused, as planned",
    });
  });

  test("the next wave waits until it is reverted", async () => {
    const scene = await play({
      fates: four({ "web-2": { ...sick, revert: { takes: 40, answer: "back" } } }),
      policy: { maxFailures: 1, maxParallel: 1 },
    });
    assert.deepEqual([scene.mostChanging, scene.outcome.kind], [1, "partial"]);
  });

  const slow = { ...sick, revert: { takes: 40, answer: "back" } } as const;
  const moment = (scene: Scene, name: string, what: "activatedAt" | "committedAt") =>
    scene.hosts.find((host) => host.name === name)?.[what] ?? Infinity;

  test("the next wave does not wait if it has room beside it", async () => {
    const scene = await play({
      fates: four({ "web-2": slow }),
      policy: { maxFailures: 1, maxParallel: 2 },
    });
    assert.ok(moment(scene, "web-4", "activatedAt") < 40);
    assert.equal(scene.mostChanging, 2);
  });

  test("in the last wave: the others are committed meanwhile", async () => {
    const scene = await play({ fates: four({ "web-4": slow }), policy: { maxFailures: 1 } });
    assert.ok(moment(scene, "web-1", "committedAt") < 40);
    assert.deepEqual([scene.outcome.kind, scene.ended > 40], ["partial", true]);
  });

  test("by hanging: it is not waited for", async () => {
    const scene = await play({ fates: four({ "web-2": hanging }), policy: { healthyDeadline: 20 } });
    assert.deepEqual(scene.outcome.kind === "partial" && scene.outcome.exceptions, {
      "web-2": {
        has: "unknown",
        why: "lost during the revert: no answer within 110 s (activation: no answer within 20 s)",
      },
    });
  });

  test("autoRevert: false: the healthy ones keep the new version", async () => {
    const scene = await play({
      fates: four({ "web-3": sick }),
      policy: { autoRevert: false, maxParallel: 2, minHealthyTime: 1 },
    });
    assert.deepEqual(truths(scene), { ...allOld, "web-1": "new", "web-2": "new" });
    assert.deepEqual(scene.outcome.kind === "partial" && [scene.outcome.answer, scene.outcome.pending], [
      "init-failed",
      "web-3: answers 500; web-4: not activated",
    ]);
  });

  test("a failed revert does not stop the others", async () => {
    const scene = await play({ fates: four({ "web-1": stuck, "web-4": failing }) });
    assert.deepEqual(truths(scene), { ...allOld, "web-1": "stuck" });
    assert.deepEqual(scene.outcome.kind === "partial" && { ...scene.outcome, exceptions: {} }, {
      kind: "partial",
      answer: "init-failed",
      rest: "old",
      exceptions: {},
      pending: "web-1: could not be reverted completely: no space left",
      text: "web-[2-4]: old version.\nweb-1: could not be reverted completely: no space left\nweb-4: activation failed",
    });
  });

  test("one host alone: its own words are all that is said", async () => {
    const scene = await play({ fates: { "web-1": failing } });
    assert.deepEqual([scene.outcome.kind, text(scene)], ["all-old", "activation failed"]);
  });
});

describe("a host that can't be reached", () => {
  test("fails", async () => {
    const scene = await play({ fates: four({ "web-2": unreachable }) });
    assert.equal(text(scene), "Nothing is changed on web-[1-4].\nweb-2: unreachable, as planned");
  });

  test("is left out with `skip`, and pending", async () => {
    const scene = await play({ fates: four({ "web-2": unreachable }), policy: { offline: "skip" } });
    assert.deepEqual(truths(scene), { ...allNew, "web-2": "old" });
    assert.deepEqual(scene.outcome.kind === "partial" && [scene.outcome.answer, scene.outcome.pending], [
      "ok",
      "web-2: unreachable",
    ]);
  });

  for (const [what, fates] of [
    ["a canary", four({ "web-1": unreachable })],
    ["more than half", four({ "web-2": unreachable, "web-3": unreachable, "web-4": unreachable })],
  ] as const)
    test(`${what}: an error in any case`, async () => {
      const scene = await play({ fates, policy: { offline: "skip", maxFailures: 4 } });
      assert.deepEqual([scene.outcome.kind, truths(scene)], ["all-old", allOld]);
    });
});

test("`only`: the others are held back", async () => {
  const scene = await play({ fates: four(), policy: { only: ["web-2"] } });
  assert.deepEqual(truths(scene), { ...allOld, "web-2": "new" });
  assert.deepEqual(scene.outcome.kind === "partial" && [scene.outcome.answer, scene.outcome.pending], [
    "ok",
    "web-[1,3-4]: held back",
  ]);
});

describe("a connection is lost", () => {
  test("for a moment: the host is found again, and all is committed", async () => {
    const scene = await play({ fates: four({ "web-1": { outages: [[4, 20]] } }) });
    assert.deepEqual([scene.outcome.kind, truths(scene)], ["all-new", allNew]);
  });

  test("silent for ten seconds: not waited for where the budget bears it, and goes back", async () => {
    const fates = four({ "web-3": { silences: [[2.5, 10_000]] } });
    const scene = await play({ fates, policy: { maxFailures: 1 } });
    assert.deepEqual(truths(scene), { ...allNew, "web-3": "old" });
    assert.deepEqual(
      scene.hosts.map(({ committedAt }) => committedAt),
      [14, 14, undefined, 14],
    );
  });

  test("silent for ten seconds, and the budget does not bear it: it is waited for", async () => {
    const silent = { silences: [[2.5, 15]] } as const;
    const one = await play({ fates: four({ "web-3": silent }) });
    assert.deepEqual([one.outcome.kind, truths(one)], ["all-new", allNew]);
    const two = await play({
      fates: four({ "web-3": silent, "web-4": silent }),
      policy: { maxFailures: 1 },
    });
    assert.deepEqual([two.outcome.kind, truths(two)], ["all-new", allNew]);
  });

  test("silent for ten seconds while others are at work: it is not given up", async () => {
    const fates = four({
      "web-3": { silences: [[1.5, 15]] },
      "web-4": { prepare: { takes: 20, answer: "prepared" } },
    });
    const scene = await play({ fates, policy: { maxFailures: 3 } });
    assert.deepEqual([scene.outcome.kind, truths(scene)], ["all-new", allNew]);
  });

  test("silent in the preparation: given up once all others are prepared", async () => {
    const fates = four({ "web-3": { silences: [[1.5, 10_000]] } });
    const scene = await play({ fates, policy: { maxFailures: 1 } });
    assert.deepEqual(truths(scene), { ...allNew, "web-3": "old" });
    assert.equal(scene.outcome.kind === "partial" && scene.outcome.pending, "web-3: no answer for 10 s");
  });

  test("for a while in the last look: all are looked at again, so that no grace runs at the decision", async () => {
    const scene = await play({ fates: four({ "web-1": { outages: [[6.5, 25]] } }) });
    assert.deepEqual([scene.outcome.kind, truths(scene)], ["all-new", allNew]);
    assert.deepEqual(
      scene.hosts.flatMap(({ wrong }) => wrong),
      [],
    );
  });

  test("with the commit on its way: the host goes back, and is not claimed to be new", async () => {
    const fates = four({ "web-2": { commit: { takes: 5, losesAck: false }, outages: [[9, 500]] } });
    const scene = await play({ fates });
    assert.deepEqual(truths(scene), { ...allNew, "web-2": "old" });
    assert.equal(scene.outcome.kind === "partial" && scene.outcome.exceptions["web-2"]?.has, "unknown");
  });

  test("for longer before the decision: nothing is committed", async () => {
    const scene = await play({ fates: four({ "web-1": { outages: [[4, 60]] } }) });
    assert.deepEqual([scene.outcome.kind, truths(scene)], ["all-old", allOld]);
  });

  test("in the answer to the commit: it is asked for again", async () => {
    const scene = await play({ fates: four({ "web-2": { commit: { takes: 0, losesAck: true } } }) });
    assert.deepEqual([scene.outcome.kind, truths(scene)], ["all-new", allNew]);
  });

  test("for good after the decision: that host is unknown, and said in time", async () => {
    const fates = four({ "web-2": { commit: { takes: 0, losesAck: true }, outages: [[7.5, 10_000]] } });
    const scene = await play({ fates });
    assert.deepEqual(scene.outcome.kind === "partial" && [scene.outcome.answer, scene.outcome.pending], [
      "init-failed",
      "web-2: lost after the decision: connection lost",
    ]);
    assert.ok(scene.ended < 7 + 110);
  });
});
