import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { diffUnitSet, isOfInputs } from "../../provider/diff.ts";
import { type PlainObject, unknown } from "../../provider/wire.ts";

const before: PlainObject = {
  connection: { address: "192.0.2.11", hostKey: "ssh-ed25519 AAAA" },
  name: "web",
  manager: "user",
  user: "test",
  units: { "web.container": "[Container]\n", "web.socket": "[Socket]\n" },
  files: { "/a": { content: "a" }, "/b": { content: "b", mode: "0600" } },
  services: { "web.socket": { enabled: true }, "web.service": { reloadOn: ["/a"] } },
  images: { nginx: { pull: "missing" } },
};

/** After an operation that succeeded: the outputs have the set, and no connection. */
function diff(from: PlainObject, after: PlainObject) {
  const { connection, ...outputs } = from;
  assert.ok(connection);
  return diffUnitSet({ inputs: from, outputs }, after);
}

function changes(after: PlainObject, from = before): Record<string, string> {
  return Object.fromEntries(diff(from, after).changes);
}

test("the same inputs make no difference", () => {
  assert.deepEqual(diff(before, structuredClone(before)), { changes: new Map(), replaces: [] });
});

describe("no difference", () => {
  const same: Record<string, PlainObject> = {
    "credentials and time limits": {
      connection: {
        address: "192.0.2.11",
        port: 22,
        user: "admin",
        privateKey: "k",
        sudo: true,
        connectTimeout: 3,
        sshConfig: false,
      },
    },
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
    // Nobody updates what nobody has looked at.
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

describe("another set", () => {
  const { user, ...system } = before;
  assert.equal(user, "test");
  const others: [string, PlainObject, string][] = [
    ["connection.address", { ...before, connection: { address: "192.0.2.12" } }, "update"],
    ["name", { ...before, name: "web2" }, "update"],
    ["manager", { ...before, manager: "system" }, "update"],
    ["user", { ...before, user: "other" }, "update"],
    ["user", system, "delete"],
  ];
  for (const [path, after, kind] of others) {
    test(`${path}: ${kind}`, () => {
      assert.deepEqual(diff(before, after), { changes: new Map([[path, kind]]), replaces: [path] });
    });
  }

  test("a file, a unit or linger make no other set", () => {
    assert.deepEqual(diff(before, { ...before, linger: true, units: {}, files: {} }).replaces, []);
  });
});

test("what is not known yet may change", () => {
  const after: PlainObject = {
    ...before,
    connection: { address: unknown },
    units: { ...(before.units as PlainObject), "web.container": unknown },
    files: { ...(before.files as PlainObject), "/a": { content: unknown } },
  };
  assert.deepEqual(changes(after), {
    "connection.address": "update",
    'files["/a"].content': "update",
    'units["web.container"]': "update",
  });
});

test("another way to the host is looked at, and is no other set", () => {
  const before = { connection: { address: "192.0.2.11", jump: { address: "gate", privateKey: "k" } } };
  const after = { connection: { address: "192.0.2.11", port: 2222, jump: { address: "gate-2" } } };
  const { changes, replaces } = diff(before, after);
  assert.deepEqual([...changes.keys()], ["connection.port", "connection.jump"]);
  assert.deepEqual(replaces, []);
  const further = {
    connection: { address: "192.0.2.11", jump: { address: "gate", jump: { address: "a" } } },
  };
  assert.deepEqual([...diff(before, further).changes], [["connection.jump", "update"]]);
  const rotated = { connection: { address: "192.0.2.11", jump: { address: "gate", agent: true } } };
  assert.equal(diff(before, rotated).changes.size, 0);
});

describe("the old inputs say nothing of what the outputs have", () => {
  const { connection, ...outputs } = before;
  const units = { "web.container": "[Container]\nA=b\n" };
  const next = { ...before, units };

  test("after an update that broke off on its way, which keeps old inputs: only what is left to do", () => {
    const left = diffUnitSet({ inputs: before, outputs: { ...outputs, units, pending: "x" } }, next);
    assert.deepEqual([...left.changes], [["pending", "delete"]]);
    const back = diffUnitSet({ inputs: before, outputs: { ...outputs, units } }, before);
    assert.deepEqual(
      [...back.changes],
      [
        ['units["web.container"]', "update"],
        ['units["web.socket"]', "add"],
      ],
    );
  });

  test("after a create that broke off: everything, and no other set", () => {
    const { name, manager, user } = before;
    const nothing = { name, manager, user, units: {}, pending: "x" } as PlainObject;
    const { changes, replaces } = diffUnitSet({ inputs: before, outputs: nothing }, before);
    assert.deepEqual(replaces, []);
    assert.ok(changes.has("pending") && changes.get('units["web.socket"]') === "add");
  });

  test("but the connection is theirs", () => {
    assert.ok(connection);
    const moved = { ...before, connection: { address: "192.0.2.12", port: 2222 } };
    const paths = [...diffUnitSet({ inputs: before, outputs }, moved).changes.keys()];
    assert.deepEqual(paths, ["connection.address", "connection.port"]);
    assert.deepEqual([...paths, "units", "drift"].map(isOfInputs), [true, true, false, false]);
  });
});
