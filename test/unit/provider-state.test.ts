import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sha256 } from "../../host/digest.ts";
import { type Facts, type FileFact, noFacts } from "../../host/facts/facts.ts";
import type { UnitFact } from "../../host/facts/unit-facts.ts";
import { desiredState, emptyState, expectedOutputs, observedInputs, outputs } from "../../provider/state.ts";
import { type WireObject, revealObject, secret, wireUnknown } from "../../provider/wire.ts";
import type { UnitSetInputs } from "../../resources/contract.ts";

const unit = "/etc/containers/systemd/web.container";

const wire: WireObject = {
  connection: { address: "192.0.2.11" },
  name: "web",
  manager: "system",
  units: { "web.container": "[Container]\n", "web.socket": secret("[Socket]\n") },
  files: { "/a": { content: "a" }, "/key": { content: secret("k3y"), mode: "0600" } },
  services: { "web.socket": { enabled: true }, "web.service": { reloadOn: ["/a"] } },
};
const inputs = revealObject(wire) as unknown as UnitSetInputs;
const desired = desiredState(inputs, "urn:web");

/** A host on which all is as desired, but for what is given. */
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

/** A file of another content, as host/facts/facts.ts reads it. */
function edited(content: string): Partial<FileFact> {
  return { sha256: sha256(content), content: Buffer.from(content) };
}

function observed(facts: Facts, of = wire): WireObject | undefined {
  const plain = revealObject(of) as unknown as UnitSetInputs;
  return observedInputs(of, plain, desiredState(plain, "urn:web"), facts);
}

describe("what a refresh reads: the inputs, but", () => {
  test("nothing on an unchanged host", () => assert.deepEqual(observed(host()), wire));

  const cases: [string, Facts, WireObject][] = [
    [
      "a file that was edited",
      host({ "/a": edited("A") }),
      { files: { ...(wire.files as WireObject), "/a": { content: "A" } } },
    ],
    [
      // An empty file is sent without content (readFacts in host/facts/facts.ts).
      "a file that was emptied",
      host({ "/a": { sha256: sha256("") } }),
      { files: { ...(wire.files as WireObject), "/a": { content: "" } } },
    ],
    [
      "a file's mode",
      host({ "/a": { mode: "0666" } }),
      { files: { ...(wire.files as WireObject), "/a": { content: "a", mode: "0666" } } },
    ],
    [
      "a secret file that was edited: still secret",
      host({ "/key": edited("other") }),
      { files: { ...(wire.files as WireObject), "/key": { content: secret("other"), mode: "0600" } } },
    ],
    [
      "a file that is gone, and one that is a link now",
      host({ "/a": { type: "absent" }, "/key": { type: "link" } }),
      { files: {} },
    ],
    [
      "units that were edited; a secret one is secret",
      host({ [unit]: edited("[C]"), "/etc/systemd/system/web.socket": edited("[S]") }),
      { units: { "web.container": "[C]", "web.socket": secret("[S]") } },
    ],
    ["a unit's mode", host({ [unit]: { mode: "0600" } }), { unitModes: { "web.container": "0600" } }],
    [
      "a unit that is gone",
      host({ [unit]: { type: "absent" } }),
      { units: { "web.socket": secret("[Socket]\n") } },
    ],
    [
      "a service that was stopped",
      host({}, { "web.service": { active: "failed" } }),
      { services: { ...(wire.services as WireObject), "web.service": { reloadOn: ["/a"], active: false } } },
    ],
    [
      "a socket that was disabled",
      host({}, { "web.socket": { enabled: "disabled" } }),
      { services: { ...(wire.services as WireObject), "web.socket": { enabled: false } } },
    ],
    [
      "a service that was enabled",
      host({}, { "web.service": { enabled: "enabled" } }),
      { services: { ...(wire.services as WireObject), "web.service": { reloadOn: ["/a"], enabled: true } } },
    ],
  ];
  for (const [what, facts, change] of cases)
    test(what, () => assert.deepEqual(observed(facts), { ...wire, ...change }));

  test("not a service that is starting", () => {
    assert.deepEqual(observed(host({}, { "web.service": { active: "activating" } })), wire);
  });

  test("not a service that need not run, and runs", () => {
    const idle = { ...wire, services: { "web.service": { active: false } } };
    assert.deepEqual(observed(host(), idle), idle);
  });

  test("a mode that an earlier refresh saw, when it is right again", () => {
    assert.deepEqual(observed(host(), { ...wire, unitModes: { "web.container": "0600" } }), wire);
  });

  test("linger that was taken away", () => {
    const user = { ...wire, linger: true };
    assert.deepEqual(observed(host(), user), user);
    assert.deepEqual(observed({ ...host(), lingers: false }, user), { ...user, linger: false });
  });

  test("everything: undefined", () => {
    const nothing: Facts = { ...host(), files: new Map(), units: new Map(), set: undefined };
    assert.equal(observed(nothing), undefined);
  });

  test("everything but the set's mark: empty", () => {
    const seen = observed({ ...host(), files: new Map(), units: new Map() });
    assert.deepEqual([seen?.units, seen?.files], [{}, {}]);
  });
});

describe("outputs", () => {
  const seen = outputs(desired, host(), wire);

  test("say what was seen of each file and unit; digests of secrets are secret", () => {
    assert.deepEqual(seen.fileStates, {
      "/a": { sha256: sha256("a"), mode: "0644" },
      "/key": { sha256: secret(sha256("k3y")), mode: "0600" },
      [unit]: { sha256: sha256("[Container]\n"), mode: "0644" },
      "/etc/systemd/system/web.socket": { sha256: secret(sha256("[Socket]\n")), mode: "0644" },
    });
    assert.deepEqual(seen.unitStates, {
      "web.socket": { load: "loaded", active: "active", enabled: "enabled" },
      "web.service": { load: "loaded", active: "active", enabled: "generated" },
    });
  });

  test("say nothing of a template, which is no unit", () => {
    const facts = host();
    facts.units.set("job@.service", facts.units.get("web.service")!);
    assert.deepEqual(outputs(desired, facts, wire).unitStates, seen.unitStates);
  });

  test("hold the set with its secrets, and no connection", () => {
    const { connection, ...set } = wire;
    assert.ok(connection);
    const { fileStates, unitStates, owner, ...echo } = seen;
    assert.ok(fileStates && unitStates && owner);
    assert.deepEqual(echo, set);
  });

  test("a preview knows the files that will be there", () => {
    const expected = expectedOutputs(revealObject(wire), wire);
    assert.deepEqual(expected.fileStates, seen.fileStates);
    assert.equal(expected.unitStates, wireUnknown);
  });

  test("a preview does not know digests of what is not known yet", () => {
    const later = { ...wire, files: { "/a": { content: secret(wireUnknown) } } };
    assert.equal(expectedOutputs(revealObject(later), later).fileStates, wireUnknown);
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
