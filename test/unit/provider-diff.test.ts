import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { diffUnitSet, isOtherContent } from "../../provider/diff.ts";
import { type PlainObject, unknown } from "../../provider/wire.ts";

const before: PlainObject = {
  hosts: { "web-1": { address: "192.0.2.11", hostKey: "ssh-ed25519 AAAA" } },
  where: { "web-1": "192.0.2.11" },
  name: "web",
  manager: "user",
  user: "test",
  units: { "web.container": "[Container]\n", "web.socket": "[Socket]\n" },
  files: { "/a": { content: "a" }, "/b": { content: "b", mode: "0600" } },
  services: { "web.socket": { enabled: true }, "web.service": { reloadOn: ["/a"] } },
  images: { nginx: { pull: "missing" } },
};

/** The changes after an operation that succeeded: the outputs have the set, and no connections. */
function changes(after: PlainObject, from = before): Record<string, string> {
  const { hosts, ...outputs } = from;
  assert.ok(hosts);
  return Object.fromEntries(diffUnitSet(outputs, after));
}

test("the same inputs make no difference", () => {
  assert.deepEqual(changes(structuredClone(before)), {});
});

describe("no difference", () => {
  const same: Record<string, PlainObject> = {
    "credentials and time limits": {
      hosts: { "web-1": { address: "192.0.2.11", port: 22, user: "admin", privateKey: "k", sudo: true } },
    },
    "the policy of a rollout": { rollout: { canary: 3 } },
    "commands around a change": { hooks: { before: [{ command: ["true"] }] } },
    "logins of registries": { registries: { r: { username: "u", password: "p" } } },
    adopt: { adopt: true },
    "requests that must be answered": { probes: { "0.0.0.0:80": { status: 200 } } },
    "defaults written out": {
      linger: false,
      files: { "/a": { content: "a", mode: "0644" }, "/b": { content: "b", mode: "0600" } },
      services: {
        "web.socket": { active: true, enabled: true, reloadOn: [], restartOn: [], handover: false },
        "web.service": { active: true, enabled: false, reloadOn: ["/a"], restartOn: [], handover: false },
      },
    },
    "the order of keys": {
      units: { "web.socket": "[Socket]\n", "web.container": "[Container]\n" },
      files: { "/b": { mode: "0600", content: "b" }, "/a": { content: "a" } },
    },
  };
  for (const [what, change] of Object.entries(same)) {
    test(what, () => assert.deepEqual(changes({ ...before, ...change }), {}));
    test(`${what}, taken back`, () => assert.deepEqual(changes(before, { ...before, ...change }), {}));
  }
});

describe("one entry for each", () => {
  test("unit", () => {
    assert.deepEqual(
      changes({ ...before, units: { "web.container": "[Container]\nA=b\n", "new.socket": "" } }),
      {
        'units["new.socket"]': "add",
        'units["web.container"]': "update",
        'units["web.socket"]': "delete",
      },
    );
  });

  test("file, and part of it", () => {
    const files = { "/a": { content: "A", mode: "0600" }, "/c": { content: "c" } };
    assert.deepEqual(changes({ ...before, files }), {
      'files["/a"].content': "update",
      'files["/a"].mode': "update",
      'files["/b"]': "delete",
      'files["/c"]': "add",
    });
  });

  test("state of a service", () => {
    const services = {
      "web.socket": { active: false },
      "web.service": { reloadOn: ["/a", "/b"], handover: true },
      "c.service": {},
    };
    assert.deepEqual(changes({ ...before, services }), {
      'services["c.service"]': "add",
      'services["web.service"].handover': "update",
      'services["web.service"].reloadOn': "update",
      'services["web.socket"].active': "update",
      'services["web.socket"].enabled': "update",
    });
  });

  test("image", () => {
    assert.deepEqual(
      changes({ ...before, images: { nginx: { pull: "always" }, httpd: { pull: "never" } } }),
      {
        'images["httpd"]': "add",
        'images["nginx"]': "update",
      },
    );
  });

  test("note in the outputs", () => {
    const notes = { drift: { "192.0.2.11": "gone: /a" }, pending: "192.0.2.11: it broke off" };
    assert.deepEqual(changes(before, { ...before, ...notes }), { drift: "delete", pending: "delete" });
    // `unseen` is not a difference: it only says that a refresh could not look at a host.
    assert.deepEqual(changes(before, { ...before, unseen: "192.0.2.11: no SSH connection" }), {});
  });

  test("linger", () => {
    assert.deepEqual(changes({ ...before, linger: true }), { linger: "update" });
  });

  test("collection that comes or goes", () => {
    const { files, ...without } = before;
    assert.ok(files);
    assert.deepEqual(changes(without), { 'files["/a"]': "delete", 'files["/b"]': "delete" });
    assert.deepEqual(changes(before, without), { 'files["/a"]': "add", 'files["/b"]': "add" });
  });
});

describe("a change of the set as a whole, which makes no other resource of it", () => {
  const { user, ...system } = before;
  assert.equal(user, "test");
  const others: [string, PlainObject, string][] = [
    ["manager", { ...before, manager: "system" }, "update"],
    ["user", { ...before, user: "other" }, "update"],
    ["user", system, "delete"],
  ];
  for (const [path, after, kind] of others)
    test(`${path}: ${kind}`, () => assert.deepEqual(changes(after), { [path]: kind }));
});

describe("hosts: one entry for each", () => {
  const where = { "web-1": "192.0.2.11", "web-2": "192.0.2.12", "web-3": "192.0.2.13" };
  const fleet = { ...before, where };

  test("one that comes, one that goes and one that moves", () => {
    const now = { "web-1": "192.0.2.99", "web-2": "192.0.2.12", "web-4": "192.0.2.14" };
    assert.deepEqual(changes({ ...fleet, where: now }, fleet), {
      'where["web-1"]': "update",
      'where["web-3"]': "delete",
      'where["web-4"]': "add",
    });
  });

  test("of which none is of the content", () => {
    const isOther = (after: PlainObject, from: PlainObject = fleet) => isOtherContent(from, after);
    assert.equal(isOther({ ...fleet, where: {} }), false);
    assert.equal(isOther(fleet, { ...fleet, pending: "web-1: held back", drift: { "web-1": "x" } }), false);
    assert.equal(isOther({ ...fleet, units: {} }), true);
    assert.equal(isOther({ ...fleet, manager: "system" }), true);
  });
});

test("what is not known yet may change", () => {
  const after: PlainObject = {
    ...before,
    where: { "web-1": unknown },
    units: { ...(before.units as PlainObject), "web.container": unknown },
    files: { ...(before.files as PlainObject), "/a": { content: unknown } },
  };
  assert.deepEqual(changes(after), {
    'files["/a"].content': "update",
    'units["web.container"]': "update",
    'where["web-1"]': "update",
  });
});

describe("the old inputs say nothing of what the outputs have", () => {
  const { hosts, ...outputs } = before;
  assert.ok(hosts);
  const units = { "web.container": "[Container]\nA=b\n" };
  const next = { ...before, units };

  test("after an update that did not finish, which keeps old inputs: only what is left to do", () => {
    const left = diffUnitSet({ ...outputs, units, pending: "x" }, next);
    assert.deepEqual([...left], [["pending", "delete"]]);
    const back = diffUnitSet({ ...outputs, units }, before);
    assert.deepEqual(
      [...back],
      [
        ['units["web.container"]', "update"],
        ['units["web.socket"]', "add"],
      ],
    );
  });

  test("after a create that did not finish: everything", () => {
    const { name, manager, user } = before;
    const nothing = { name, manager, user, units: {}, where: {}, pending: "x" } as PlainObject;
    const found = diffUnitSet(nothing, before);
    assert.ok(found.has("pending") && found.get('units["web.socket"]') === "add");
    assert.equal(found.get('where["web-1"]'), "add");
  });
});
