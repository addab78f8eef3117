import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Limits, type RolloutPolicy, resolve } from "../../rollout/policy.ts";

const names = (many: number) => Array.from({ length: many }, (_, index) => `web-${index + 1}`);

function limits(policy: RolloutPolicy, many = 10): Limits {
  const resolved = resolve(policy, names(many));
  assert.ok("limits" in resolved, JSON.stringify(resolved));
  return resolved.limits;
}

const usual: Limits = {
  canary: 1,
  canaryHosts: [],
  maxParallel: 50,
  minHealthyTime: 3,
  healthyDeadline: 120,
  maxFailures: 0,
  autoRevert: true,
  offline: "fail",
  grace: 120,
  only: undefined,
  pause: "none",
};

test("the defaults", () => {
  assert.deepEqual(limits({}), usual);
  assert.deepEqual(limits({ autoRevert: undefined, offline: undefined }), usual);
});

test("one host has no canary, and neither has one that is chosen from many", () => {
  assert.deepEqual(limits({}, 1), { ...usual, canary: 0 });
  assert.equal(limits({ only: ["web-3"] }).canary, 0);
});

describe("percentages are of all hosts that take part", () => {
  const cases: [RolloutPolicy, Partial<Limits>][] = [
    [{ maxParallel: "25%" }, { maxParallel: 2 }],
    [{ maxParallel: "1%" }, { maxParallel: 1 }],
    [{ maxParallel: "100%" }, { maxParallel: 10 }],
    [{ maxFailures: "9%" }, { maxFailures: 0 }],
    [{ maxFailures: "20%", only: names(5) }, { maxFailures: 1 }],
    [{ canary: "30%" }, { canary: 3 }],
    [
      { canary: 0, maxParallel: "4" },
      { canary: 0, maxParallel: 4 },
    ],
  ];
  for (const [policy, expected] of cases)
    test(JSON.stringify(policy), () => assert.deepEqual({ ...limits(policy), ...expected }, limits(policy)));
});

describe("what is wrong", () => {
  const cases: [RolloutPolicy, string, string][] = [
    [{ maxParallel: "a few" }, "maxParallel", '"a few" is not a whole number or a percentage like "25%"'],
    [{ maxParallel: "120%" }, "maxParallel", '"120%" is not a whole number or a percentage like "25%"'],
    [{ maxFailures: 0.5 }, "maxFailures", '0.5 is not a whole number or a percentage like "25%"'],
    [{ canary: -1 }, "canary", '-1 is not a whole number or a percentage like "25%"'],
    [{ maxParallel: 0 }, "maxParallel", "must be at least 1"],
    [{ maxParallel: "0%" }, "maxParallel", "must be at least 1"],
    [{ pause: "canary", canary: 0 }, "pause", "needs a canary"],
    [{ minHealthyTime: -1 }, "minHealthyTime", "must be 0 to 3600 seconds, and is -1"],
    [{ healthyDeadline: NaN }, "healthyDeadline", "must be 1 to 3600 seconds, and is NaN"],
    [{ grace: 30 }, "grace", "must be 60 to 3600 seconds, and is 30"],
    [{ only: ["web-1", "web-11"] }, "only[1]", '"web-11" is not one of the hosts'],
    [{ only: [] }, "only", "names no host"],
    [{ canaryHosts: ["db"] }, "canaryHosts[0]", '"db" is not one of the hosts'],
  ];
  for (const [policy, path, reason] of cases)
    test(`${path}: ${reason}`, () =>
      assert.deepEqual(resolve(policy, names(10)), { problems: [{ path, reason }] }));
});
