import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Facts } from "../../host/facts/facts.ts";
import { diffUnitSet } from "../../provider/diff.ts";
import { driftLine, firstLine, observedOutputs } from "../../provider/notes.ts";
import { desiredState, outputs } from "../../provider/state.ts";
import { type WireObject, revealObject, secret } from "../../provider/wire.ts";
import type { UnitSetInputs } from "../../resources/contract.ts";
import { change, present, settled, state } from "./host-plan-facts.ts";

const wire: WireObject = {
  connection: { address: "192.0.2.11" },
  name: "web",
  manager: "system",
  user: "test",
  units: { "web.service": "[Service]\nExecStart=/bin/true @UID@ @HOME@\n" },
  files: { "/a": { content: "a" }, "/key": { content: secret("CANARY"), mode: "0600" } },
  services: { "web.service": { enabled: true, reloadOn: ["/a"] } },
};
const desired = desiredState(revealObject(wire) as unknown as UnitSetInputs, "urn:web");
const unit = "/etc/systemd/system/web.service";
const filled = "[Service]\nExecStart=/bin/true 1006 /home/test\n";
const host = {
  ...change(settled(desired), unit, present(filled)),
  uid: 1006,
  home: "/home/test",
};
const before = outputs(desired, host, wire);

function observed(facts: Facts | undefined, properties = before): WireObject | undefined {
  return observedOutputs(properties, desired, { address: "192.0.2.11" }, facts);
}

describe("after a refresh the outputs are those of before, and", () => {
  test("nothing else of a host as it should be, placeholders filled in", () => {
    assert.deepEqual(observed(host), before);
  });

  test("what differs, which the next up takes away; a secret file by its path alone", () => {
    const leaked = change(host, "/key", present("CANARY, edited", "0600"));
    const facts = state(change(leaked, unit, present("edited")), "web.service", { active: "failed" });
    const seen = observed(facts);
    const drift = { "192.0.2.11": `not running: web.service; edited: /key, ${unit}` };
    assert.deepEqual(seen, { ...before, drift });
    assert.doesNotMatch(JSON.stringify(drift), /CANARY/);
    const { changes } = diffUnitSet(
      { inputs: revealObject(wire), outputs: revealObject(seen) },
      revealObject(wire),
    );
    assert.deepEqual([...changes], [["drift", "delete"]]);
  });

  test("what was found before is gone when it is right again", () => {
    const notes = { drift: { "192.0.2.11": "gone: /a" }, pending: "192.0.2.11: x", unseen: "x" };
    assert.deepEqual(observed(host, { ...before, ...notes }), before);
  });

  test("that an up was interrupted", () => {
    assert.ok(host.set);
    const pending = "root@192.0.2.11:22: a deploy was interrupted there, and is not rolled back yet.";
    assert.deepEqual(observed({ ...host, set: { ...host.set, unfinished: true } }), { ...before, pending });
  });

  test("that there is no account", () => {
    assert.deepEqual(observed(undefined), { ...before, drift: { "192.0.2.11": "no account: test" } });
  });

  test("a drop-in, again and again, until an up has taken note of it", () => {
    const facts = state(host, "web.service", { dropIns: ["/d/a.conf"] });
    const once = observed(facts);
    assert.deepEqual(once, { ...before, drift: { "192.0.2.11": "new drop-in: /d/a.conf" } });
    assert.deepEqual(observed(facts, once), once);
    const noted = outputs(desired, facts, wire);
    assert.deepEqual(observed(facts, noted), noted);
  });

  test("all of it is gone: undefined, but not where the set's mark is still there", () => {
    const files: Facts["files"] = new Map();
    assert.equal(observed({ ...host, files, set: undefined }), undefined);
    const drift = { "192.0.2.11": `gone: /a, /key, ${unit}` };
    assert.deepEqual(observed({ ...host, files }), { ...before, drift });
  });
});

describe("a note is one line", () => {
  const files = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ what: "gone", where: `/etc/file-${index}` }));

  test("with all that differs, of one kind together", () => {
    const found = [
      { what: "not running", where: "web.service" },
      { what: "edited", where: "/a" },
      { what: "mode 0666", where: "/b" },
      { what: "edited", where: "/b" },
    ];
    assert.equal(driftLine(found), "not running: web.service; edited: /a, /b; mode 0666: /b");
  });

  test("and of very much only the first", () => {
    const line = driftLine(files(1000));
    const more = /^gone: (\/etc\/file-\d+, )+\/etc\/file-\d+; and (\d+) more$/.exec(line);
    assert.ok(more, line);
    assert.equal(line.split(", ").length + Number(more[2]), 1000);
    assert.ok(line.length > 250 && line.length <= 300, String(line.length));
  });

  test("with at least one thing, however long it is", () => {
    const where = `/${"a".repeat(400)}`;
    assert.equal(driftLine([{ what: "gone", where }, ...files(2)]), `gone: ${where}; and 2 more`);
  });

  test("of a message the first line, cut where it is very long", () => {
    assert.equal(firstLine("h: no.\nDo this."), "h: no.");
    assert.equal(firstLine("a".repeat(400)), `${"a".repeat(300)}…`);
  });
});
