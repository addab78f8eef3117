import assert from "node:assert/strict";
import { test } from "node:test";
import { type Scene, activations, four, play } from "./rollout-scene.ts";

const waveLines = ({ said }: Scene) => said.filter((line) => line.startsWith("wave"));

test("a host that loses the set comes last, and is counted as removed", async () => {
  const scene = await play({ fates: four(), leaving: ["web-1"] });
  assert.deepEqual(activations(scene), [["web-2"], ["web-3", "web-4"], ["web-1"]]);
  assert.deepEqual(
    waveLines(scene).filter((line) => line.includes("done")),
    [
      "wave 1 of 3 done: 1 of 3 serve the new version, removed from 0 of 1",
      "wave 2 of 3 done: 3 of 3 serve the new version, removed from 0 of 1",
      "wave 3 of 3 done: 3 of 3 serve the new version, removed from 1 of 1",
    ],
  );
});

test("all hosts lose the set: none serves a new version", async () => {
  const fates = four({ "web-3": { activate: { takes: 1, answer: "failed" } } });
  const scene = await play({ fates, leaving: Object.keys(fates), policy: { maxFailures: 1 } });
  assert.deepEqual(waveLines(scene), [
    "wave 1 of 1: removed from 0 of 4",
    "wave 1 of 1 done: removed from 3 of 4, 1 failed",
  ]);
});
