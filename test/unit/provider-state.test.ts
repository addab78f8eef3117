import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sha256 } from "../../host/digest.ts";
import { type Facts, type FileFact, noFacts } from "../../host/facts/facts.ts";
import type { UnitFact } from "../../host/facts/unit-facts.ts";
import { desiredState, echo, emptyState, expectedOutputs, unitStatesOf } from "../../provider/state.ts";
import { type WireObject, revealObject, secret, wireUnknown } from "../../provider/wire.ts";
import type { UnitSetInputs } from "../../resources/contract.ts";

const unit = "/etc/containers/systemd/web.container";

const wire: WireObject = {
  hosts: { "web-1": { address: "192.0.2.11" } },
  where: { "web-1": "192.0.2.11" },
  name: "web",
  manager: "system",
  units: { "web.container": "[Container]\n", "web.socket": secret("[Socket]\n") },
  files: { "/a": { content: "a" }, "/key": { content: secret("k3y"), mode: "0600" } },
  services: { "web.socket": { enabled: true }, "web.service": { reloadOn: ["/a"] } },
};
const inputs = revealObject(wire) as unknown as UnitSetInputs;
const desired = desiredState(inputs, "urn:web");

/** A host on which everything is as desired, except for the given facts. */
function host(files: Record<string, Partial<FileFact>> = {}, units: Record<string, Partial<UnitFact>> = {}) {
  const facts: Facts = {
    ...noFacts(),
    home: "/root",
    lingers: true,
    files: new Map(
      desired.files.map(({ path, content, mode }): [string, FileFact] => [
        path,
        { type: "file", mode, uid: 0, modified: 900, sha256: sha256(content), ...files[path] },
      ]),
    ),
    units: new Map(
      desired.services.map(({ unit, enabled }): [string, UnitFact] => [
        unit,
        {
          load: "loaded",
          active: "active",
          restarting: false,
          enabled: enabled ? "enabled" : "generated",
          needsReload: false,
          dropIns: [],
          changed: 1000,
          ...units[unit],
        },
      ]),
    ),
    set: { owner: "urn:web", paths: desired.files.map(({ path }) => path), unfinished: false },
  };
  return facts;
}

describe("outputs", () => {
  const statesOf = (...hosts: Facts[]) =>
    unitStatesOf(desired, new Map(hosts.map((facts, index) => [`web-${index + 1}`, facts])));
  const seen = statesOf(host());

  test("say what systemd says of each unit", () => {
    assert.deepEqual(seen, {
      "web.socket": { load: "loaded", active: "active", enabled: "enabled" },
      "web.service": { load: "loaded", active: "active", enabled: "generated" },
    });
  });

  test("say that a unit is masked, and which drop-ins change it", () => {
    const dropIns = ["/etc/systemd/system/web.service.d/override.conf"];
    const masked = host({}, { "web.service": { load: "masked", enabled: "masked", dropIns } });
    assert.deepEqual(statesOf(masked)?.["web.service"], {
      load: "masked",
      active: "active",
      enabled: "masked",
      dropIns,
    });
  });

  test("say nothing of a template, which is no unit", () => {
    const facts = host();
    facts.units.set("job@.service", facts.units.get("web.service")!);
    assert.deepEqual(statesOf(facts), seen);
  });

  test("of several hosts: as on the first in natural order, with the drop-ins of all", () => {
    const dropIns = ["/d/a.conf"];
    const facts = new Map([
      ["web-10", host({}, { "web.service": { active: "failed", dropIns } })],
      ["web-2", host()],
    ]);
    assert.deepEqual(unitStatesOf(desired, facts)?.["web.service"], {
      ...{ load: "loaded", active: "active", enabled: "generated" },
      dropIns,
    });
    assert.equal(statesOf(), undefined);
  });

  test("hold the set with its secrets, and no hosts", () => {
    const { hosts, where, ...set } = wire;
    assert.ok(hosts && where);
    assert.deepEqual(echo(wire), set);
  });

  test("of a preview: the set, and nothing of the hosts", () => {
    assert.deepEqual(expectedOutputs(wire), {
      ...echo(wire),
      where: wire.where,
      owner: wireUnknown,
      unitStates: wireUnknown,
    });
  });
});

describe("what is desired", () => {
  test("defaults are filled in, and files come before the units that use them", () => {
    assert.deepEqual(
      desired.files.map(({ path, mode }) => `${path} ${mode}`),
      ["/a 0644", "/key 0600", `${unit} 0644`, "/etc/systemd/system/web.socket 0644"],
    );
    assert.deepEqual(desired.services, [
      { unit: "web.socket", active: true, enabled: true, reloadOn: [], restartOn: [], handover: false },
      { unit: "web.service", active: true, enabled: false, reloadOn: ["/a"], restartOn: [], handover: false },
    ]);
    assert.deepEqual([desired.linger, desired.adopt], [false, false]);
  });

  test("of a delete: the same set without anything in it", () => {
    const { files, services, images, linger, name, owner } = emptyState({ ...desired, linger: true });
    assert.deepEqual([files, services, images, linger], [[], [], [], false]);
    assert.deepEqual([name, owner], ["web", "urn:web"]);
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
