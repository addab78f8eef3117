import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  forgetVariable,
  isForgotten,
  limitsOf,
  onlyVariable,
  policyOf,
  removal,
} from "../../provider/policy.ts";
import type { UnitSetInputs } from "../../resources/contract.ts";

type Rollout = NonNullable<UnitSetInputs["rollout"]>;

const three: UnitSetInputs["hosts"] = {
  "web-1": { address: "192.0.2.1" },
  "web-2": { address: "192.0.2.2" },
  "web-3": { address: "192.0.2.3" },
};
const retired = { ...three, "web-3": { address: "192.0.2.3", state: "retired" as const } };

/** The policy as numbers, with this value of QUADLET_FLEET_ONLY. */
function limits(rollout: Rollout = {}, only?: string, hosts = three) {
  const resolved = policyOf({ rollout, hosts }, only === undefined ? {} : { [onlyVariable]: only });
  assert.ok("limits" in resolved, JSON.stringify(resolved));
  return resolved.limits;
}

function problems(rollout: Rollout, only?: string, hosts = three): string[] {
  const resolved = policyOf({ rollout, hosts }, only === undefined ? {} : { [onlyVariable]: only });
  return "problems" in resolved ? resolved.problems.map(({ path, reason }) => `${path}: ${reason}`) : [];
}

test("the names of the variables, which the documentation and the errors give", () => {
  assert.deepEqual([onlyVariable, forgetVariable], ["QUADLET_FLEET_ONLY", "QUADLET_FLEET_FORGET"]);
});

describe("the policy of a set", () => {
  test("none: the defaults, and no host is held back", () => {
    assert.deepEqual(limits(), {
      ...{ canary: 1, canaryHosts: [], maxParallel: 50, minHealthyTime: 3, healthyDeadline: 120 },
      ...{ maxFailures: 0, autoRevert: true, offline: "fail", grace: 120, only: undefined, pause: "none" },
    });
  });

  test("a percentage is one of the hosts that are not retired", () => {
    assert.equal(limits({ maxFailures: "34%" }).maxFailures, 1);
    assert.equal(limits({ maxFailures: "34%" }, undefined, retired).maxFailures, 0);
  });

  test("a retired host is none that it may name", () => {
    assert.deepEqual(problems({ canaryHosts: ["web-3"], only: ["web-3"] }), []);
    assert.deepEqual(problems({ canaryHosts: ["web-3"], only: ["web-3"] }, undefined, retired), [
      'canaryHosts[0]: "web-3" is not one of the hosts',
      'only[0]: "web-3" is not one of the hosts',
    ]);
  });

  test("a wrong one is an error where the check of the inputs did not see it", () => {
    assert.throws(() => limitsOf({ hosts: three, rollout: { maxParallel: 0 } }), {
      message: "rollout.maxParallel: must be at least 1",
    });
  });
});

describe("QUADLET_FLEET_ONLY", () => {
  test("empty: the hosts of the policy", () => {
    for (const nothing of ["", " , "]) {
      assert.equal(limits({}, nothing).only, undefined);
      assert.deepEqual(limits({ only: ["web-3"] }, nothing).only, ["web-3"]);
    }
  });

  test("takes the place of the policy's, which is not read then", () => {
    assert.deepEqual(limits({ only: ["web-3"] }, " web-1,web-2 ").only, ["web-1", "web-2"]);
    assert.deepEqual(limits({ only: ["web-9"] }, "web-1").only, ["web-1"]);
  });

  test("percentages are of those hosts, and one alone has no canary", () => {
    assert.equal(limits({ maxFailures: "50%" }, "web-1,web-2").maxFailures, 1);
    assert.equal(limits({}, "web-1,web-2").canary, 1);
    assert.equal(limits({}, "web-1").canary, 0);
  });

  test("names hosts of several sites: only those of this one count", () => {
    assert.deepEqual(limits({}, "db-1,web-2").only, ["web-2"]);
  });

  test("names none of this site: the whole of it is held back", () => {
    assert.deepEqual(limits({}, "db-1").only, []);
    assert.deepEqual(limits({}, "web-3", retired).only, []);
  });

  test("is no problem of a site that has only retired hosts", () => {
    const all = { "web-3": retired["web-3"] };
    assert.deepEqual(problems({}, undefined, all), []);
    assert.deepEqual(problems({}, "web-1", all), []);
  });
});

test("QUADLET_FLEET_FORGET: whole names, with or without spaces; nothing without it", () => {
  const forgotten = (list?: string) =>
    ["web-1", "web-10", "web-2"].filter((name) =>
      isForgotten(name, list === undefined ? {} : { [forgetVariable]: list }),
    );
  assert.deepEqual(forgotten("web-1, web-2"), ["web-1", "web-2"]);
  assert.deepEqual(forgotten("web"), []);
  assert.deepEqual(forgotten(""), []);
  assert.deepEqual(forgotten(), []);
});

test("commands drain a quarter of the hosts at once, unless the policy says otherwise", () => {
  const hosts = Object.fromEntries(
    Array.from({ length: 10 }, (_, at) => [`web-${at}`, { address: `192.0.2.${at}` }]),
  );
  const most = (inputs: Omit<Parameters<typeof policyOf>[0], "hosts">) => {
    const resolved = policyOf({ hosts, ...inputs }, {});
    return "limits" in resolved && resolved.limits.maxParallel;
  };
  const hooks: UnitSetInputs["hooks"] = { before: [{ command: ["drain"] }] };
  assert.deepEqual([most({}), most({ hooks }), most({ hooks, rollout: { maxParallel: 5 } })], [50, 2, 5]);
});

test("a removal goes on after each failure, and takes nothing back", () => {
  const { maxFailures, autoRevert, canary, healthyDeadline, only } = removal(77);
  assert.deepEqual(
    { maxFailures, autoRevert, canary, healthyDeadline, only },
    { maxFailures: Infinity, autoRevert: false, canary: 0, healthyDeadline: 77, only: undefined },
  );
});
