import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Facts } from "../../host/facts/facts.ts";
import { sha256 } from "../../host/digest.ts";
import { diffUnitSet } from "../../provider/diff.ts";
import { desiredState, emptyState, expectedOutputs, observedInputs, outputs } from "../../provider/state.ts";
import { type WireObject, revealObject, secret, wireUnknown } from "../../provider/wire.ts";
import type { UnitSetInputs } from "../../resources/contract.ts";
import { change, present, settled, state, unitFact } from "./host-plan-facts.ts";

const wire: WireObject = {
  connection: { address: "192.0.2.11" },
  name: "web",
  manager: "system",
  units: { "web.container": "[Container]\n", "web.socket": "[Socket]\n" },
  files: { "/a": { content: "a" }, "/environment": { content: secret("A=b"), mode: "0600" } },
  services: {
    "web.socket": { enabled: true },
    "web.service": { reloadOn: ["/a"], restartOn: ["/environment"], handover: true },
  },
};
const inputs = revealObject(wire) as unknown as UnitSetInputs;
const desired = desiredState(inputs, "urn:web");
const host = settled(desired);

function observed(facts: Facts): WireObject | undefined {
  return observedInputs(wire, inputs, desired, facts);
}

/** The service as a refresh sees it, and what the next `up` is told of it. */
function service(facts: Facts, unit = "web.service"): [unknown, Record<string, string>] {
  const seen = observed(facts);
  assert.ok(seen);
  const { changes } = diffUnitSet(revealObject(seen), revealObject(wire));
  return [(seen.services as WireObject)[unit], Object.fromEntries(changes)];
}

const written = (wire.services as Record<string, WireObject>)["web.service"];

describe("a refresh finds", () => {
  test("nothing on an unchanged host", () => assert.deepEqual(observed(host), wire));

  for (const [path, content, mode] of [
    ["/a", "a", "0644"],
    ["/environment", "A=b", "0600"],
  ] as const)
    test(`a service that runs with what was in ${path} before: the next up takes it away`, () => {
      const newer = change(host, path, { ...present(content, mode), modified: 1001 });
      assert.deepEqual(service(newer), [
        { ...written, isOutdated: true },
        { 'services["web.service"].isOutdated': "delete" },
      ]);
      assert.deepEqual(observed(change(host, path, { ...present(content, mode), modified: 1000 })), wire);
    });

  test("a drop-in that was not there at the last operation, and none that was", () => {
    const [old, added] = [
      "/etc/systemd/system/web.service.d/a.conf",
      "/etc/systemd/system/web.service.d/b.conf",
    ];
    const units = new Map([...host.units, ["web.service", unitFact({ dropIns: [old, added] })]]);
    const facts = { ...host, units };
    const recorded = { "web.service": { dropIns: [old] } };
    const seen = observedInputs(wire, inputs, desired, facts, recorded);
    assert.deepEqual((seen?.services as WireObject)["web.service"], { ...written, dropIns: [added] });
    const known = { "web.service": { dropIns: [old, added] } };
    assert.deepEqual(observedInputs(wire, inputs, desired, facts, known), wire);
  });

  test("an image that was replaced under its name", () => {
    const replaced = { ...host, replacedImages: new Set(["web.service", "shop.service"]) };
    assert.deepEqual(service(replaced), [
      { ...written, runsOldImage: true },
      { 'services["web.service"].runsOldImage': "delete" },
    ]);
  });

  test("a service that systemd starts again and again does not run", () => {
    const starts = state(host, "web.service", { active: "activating" });
    assert.deepEqual(observed(starts), wire);
    assert.deepEqual(service(state(starts, "web.service", { restarting: true })), [
      { ...written, active: false },
      { 'services["web.service"].active': "update" },
    ]);
  });

  test("both, in a service that was stopped: only that", () => {
    const newer = change(host, "/a", { ...present("a"), modified: 1001 });
    assert.deepEqual(service(state(newer, "web.service", { active: "failed" })), [
      { ...written, active: false },
      { 'services["web.service"].active': "update" },
    ]);
  });

  test("what an `up` has left half done, and the next up is told of it by the outputs", () => {
    const { set } = host;
    assert.ok(set);
    const half = { ...host, set: { ...set, unfinished: true } };
    assert.deepEqual(observed(half), wire);
    assert.equal(outputs(desired, half, wire).unfinished, true);
    assert.equal("unfinished" in outputs(desired, host, wire), false);
  });

  test("an account that is there again", () => {
    const seen = observedInputs({ ...wire, accountIsGone: true }, inputs, desired, host);
    assert.deepEqual(seen, wire);
  });

  test("nothing of what an earlier refresh saw, when it is right again", () => {
    const before: WireObject = {
      ...wire,
      services: {
        ...(wire.services as WireObject),
        "web.service": { ...written, isOutdated: true, runsOldImage: true },
      },
    };
    const plain = revealObject(before) as unknown as UnitSetInputs;
    assert.deepEqual(observedInputs(before, plain, desiredState(plain, "urn:web"), host), wire);
  });

  describe("another owner", () => {
    const socket = "/etc/systemd/system/web.socket";
    const other = change(change(host, "/a", { ...present("a"), uid: 1000 }), socket, {
      ...present("[Socket]\n"),
      uid: 1000,
    });
    const seen: WireObject = {
      ...wire,
      files: { ...(wire.files as WireObject), "/a": { content: "a", owner: 1000 } },
      unitModes: { "web.socket": "0644, of UID 1000" },
    };

    test("of a file and of a unit: the next up takes it away", () => {
      assert.deepEqual(observed(other), seen);
      assert.deepEqual(
        [...diffUnitSet(revealObject(seen), revealObject(wire)).changes],
        [
          ['unitModes["web.socket"]', "delete"],
          ['files["/a"].owner', "delete"],
        ],
      );
    });

    test("that an earlier refresh saw is seen again, and is gone when it is right", () => {
      const plain = revealObject(seen) as unknown as UnitSetInputs;
      const again = (facts: Facts) => observedInputs(seen, plain, desiredState(plain, "urn:web"), facts);
      assert.deepEqual(again(other), seen);
      const right = again(host);
      assert.ok(right);
      assert.equal(diffUnitSet(revealObject(right), revealObject(wire)).changes.size, 0);
    });
  });

  test("a socket that was masked", () => {
    const [seen] = service(state(host, "web.socket", { load: "masked", enabled: "masked" }), "web.socket");
    assert.deepEqual(seen, { enabled: false });
  });
});

describe("the outputs say", () => {
  const units = (facts: Facts) => outputs(desired, facts, wire).unitStates;
  const socket = { load: "loaded", active: "active", enabled: "enabled" };
  const service = { ...socket, enabled: "generated" };

  test("nothing of drop-ins and a reload that is due, where there are none", () => {
    assert.deepEqual(units(host), { "web.socket": socket, "web.service": service });
  });

  test("which drop-ins change a unit, and that systemd has not read it again", () => {
    const dropIns = ["/etc/systemd/system/web.service.d/override.conf"];
    assert.deepEqual(units(state(host, "web.service", { dropIns, needsReload: true })), {
      "web.socket": socket,
      "web.service": { ...service, dropIns, needsReload: true },
    });
  });

  test("that a unit is masked", () => {
    assert.deepEqual(units(state(host, "web.service", { load: "masked", enabled: "masked" })), {
      "web.socket": socket,
      "web.service": { ...service, load: "masked", enabled: "masked" },
    });
  });
});

describe("units with placeholders, which the host fills in", () => {
  const text = "[Service]\nExecStart=/bin/true @UID@ @HOME@\nRestart=no\n";
  const filled = "[Service]\nExecStart=/bin/true 1006 /home/test\nRestart=no\n";
  const system: WireObject = {
    ...wire,
    user: "test",
    units: { "web.service": text },
    files: { "/a": { content: "@UID@" } },
    services: { "web.service": {} },
  };
  const plain = revealObject(system) as unknown as UnitSetInputs;
  const wanted = desiredState(plain, "urn:web");
  const path = "/etc/systemd/system/web.service";
  const account = { uid: 1006, home: "/home/test" };
  const seen = (content: string) =>
    observedInputs(system, plain, wanted, { ...change(settled(wanted), path, present(content)), ...account });

  test("a preview does not know their digests, but those of files", () => {
    assert.deepEqual(expectedOutputs(revealObject(system), system).fileStates, {
      "/a": { sha256: sha256("@UID@"), mode: "0644" },
      [path]: { sha256: wireUnknown, mode: "0644" },
    });
  });

  test("a preview of a set without an account knows all", () => {
    const { user, ...root } = system;
    assert.ok(user);
    assert.deepEqual((expectedOutputs(revealObject(root), root).fileStates as WireObject)[path], {
      sha256: sha256(text),
      mode: "0644",
    });
  });

  test("a refresh reads back what was written, and what was edited", () => {
    assert.deepEqual(seen(filled), system);
    assert.deepEqual(seen(filled.replace("Restart=no", "Restart=always"))?.units, {
      "web.service": text.replace("Restart=no", "Restart=always"),
    });
  });
});

describe("requests that must be answered", () => {
  const probes = {
    "0.0.0.0:80": {},
    "[::]:80": { path: "/x", hostName: "a.example", status: 204, body: "ok" },
  };

  test("with their defaults", () => {
    assert.deepEqual(desiredState({ ...inputs, probes }, "").probes, [
      { listen: "0.0.0.0:80", path: "/", hostName: "localhost" },
      { listen: "[::]:80", path: "/x", hostName: "a.example", status: 204, body: "ok" },
    ]);
    assert.deepEqual(desired.probes, []);
  });

  test("none at a delete", () => {
    assert.deepEqual(emptyState(desiredState({ ...inputs, probes }, "")).probes, []);
  });
});
