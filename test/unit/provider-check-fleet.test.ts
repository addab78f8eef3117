import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkUnitSet } from "../../provider/check.ts";
import { type PlainObject, unknown } from "../../provider/wire.ts";

const right: PlainObject = {
  hosts: { "web-1": { address: "192.0.2.11" } },
  name: "web",
  manager: "user",
  user: "test",
  linger: true,
  units: { "web.container": "[Container]\nImage=docker.io/library/nginx\n" },
};

/** "path: reason" of each failure. */
function failures(change: PlainObject): string[] {
  return checkUnitSet({ ...right, ...change }).map(({ path, reason }) => `${path}: ${reason}`);
}

describe("the fleet of a set", () => {
  const hosts = (many: number) =>
    Object.fromEntries(
      Array.from({ length: many }, (_, index) => [`web-${index}`, { address: `a${index}` }]),
    );
  const cases: [string, PlainObject, string[]][] = [
    ["a thousand hosts", { hosts: hosts(1000) }, []],
    [
      "one more",
      { hosts: hosts(1001) },
      ["hosts: has 1001 hosts, and one entry can have at most 1000: split it into two, for example by label"],
    ],
    [
      "one host by two names, and two hosts of one address behind jump hosts of their own",
      {
        hosts: {
          a: { address: "x", port: 22 },
          b: { address: "x", user: "y" },
          c: { address: "x", jump: { address: "j" } },
          d: { address: unknown },
          e: { address: unknown },
        },
      },
      ["hosts: a, b are the same host, x: name it once"],
    ],
    [
      "a new machine with the address of one that is retired",
      { hosts: { a: { address: "x", state: "retired" }, b: { address: "x" } } },
      [],
    ],
    [
      "a name that every object has",
      { hosts: { constructor: { address: "x" } } },
      [
        `hosts: a host can't have the name "constructor", which every object in JavaScript has. Choose another name`,
      ],
    ],
    ["none", { hosts: {} }, ["hosts: needs one host at least"]],
    [
      "a policy for hosts that are not there",
      { hosts: hosts(3), rollout: { canaryHosts: ["web-7"], maxParallel: 0, pause: "canary", canary: 0 } },
      ['rollout.canaryHosts[0]: "web-7" is not one of the hosts', "rollout.maxParallel: must be at least 1"],
    ],
    ["a policy that is not known yet", { rollout: { canaryHosts: [unknown], maxParallel: 0 } }, []],
  ];
  for (const [what, change, expected] of cases)
    test(what, () => assert.deepEqual(failures(change), expected));

  const changed = (change: PlainObject, before = right) =>
    checkUnitSet({ ...right, ...change }, before).map(({ path, reason }) => `${path}: ${reason}`);

  test("a set can't be renamed, whatever else of it changes", () => {
    assert.deepEqual(changed({ name: "web2" }), [
      'name: was "web", and a set can\'t be renamed: add a second entry with the new name, and remove this one when that is deployed',
    ]);
    assert.deepEqual(changed({ manager: "system", user: "other", units: {}, services: {} }), []);
  });

  test("nor change its account under the host's manager", () => {
    const { user, linger, ...rest } = right;
    assert.ok(user && linger);
    const rootful = { ...rest, manager: "system" };
    const problem = (was: string) =>
      `user: was ${was}, and under the host's service manager a set can't change its account: remove the entry, run \`pulumi up\`, and add it again`;
    const behind = { manager: "system", user: "test" };
    assert.deepEqual(changed(behind, rootful), [problem("left out")]);
    assert.deepEqual(changed({ ...behind, user: "other" }, { ...right, ...behind }), [problem('"test"')]);
    assert.deepEqual(changed({ ...behind, user: unknown }, { ...right, ...behind }), []);
    assert.deepEqual(changed(behind, { ...right, ...behind }), []);
  });
});
