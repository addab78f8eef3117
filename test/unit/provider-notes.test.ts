import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Facts } from "../../host/facts/facts.ts";
import { diffUnitSet } from "../../provider/diff.ts";
import { type Known, nothingKnown } from "../../provider/fleet.ts";
import { driftLine, observed as observe } from "../../provider/notes.ts";
import { firstLine } from "../../provider/result.ts";
import { desiredState, echo, unitStatesOf } from "../../provider/state.ts";
import { waysOf, whereOf } from "../../provider/where.ts";
import { type WireObject, revealObject, secret } from "../../provider/wire.ts";
import type { UnitSetInputs } from "../../resources/contract.ts";
import { change, present, settled, state } from "./host-plan-facts.ts";

const wire: WireObject = {
  hosts: { "web-1": { address: "192.0.2.11" } },
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
const outputs = (facts: Facts): WireObject => ({
  ...echo(wire),
  owner: "urn:web",
  unitStates: unitStatesOf(desired, new Map([["web-1", facts]])) ?? {},
  where: { "web-1": "192.0.2.11" },
});
const before = outputs(host);

/** The notes about some hosts, of which those in `seen` were looked at. */
function fleet(
  seen: Record<string, Facts | undefined>,
  properties = before,
  known: Partial<Known> = {},
  names = Object.keys(seen),
): WireObject | undefined {
  const ways = waysOf(
    Object.fromEntries(names.map((name, index) => [name, { address: `192.0.2.${11 + index}` }])),
  );
  return observe(
    properties,
    desired,
    { ...nothingKnown, ...known },
    {
      seen: new Map(Object.entries(seen)),
      ways,
      saved: ways,
    },
  );
}

const observed = (facts: Facts | undefined, properties = before) => fleet({ "web-1": facts }, properties);

describe("after a refresh the outputs are those of before, and", () => {
  test("nothing else of a host as it should be, placeholders filled in", () => {
    assert.deepEqual(observed(host), before);
  });

  test("what differs, which the next up takes away; a secret file by its path alone", () => {
    const leaked = change(host, "/key", present("CANARY, edited", "0600"));
    const facts = state(change(leaked, unit, present("edited")), "web.service", { active: "failed" });
    const seen = observed(facts);
    const drift = { "web-1": `not running: web.service; edited: /key, ${unit}` };
    assert.deepEqual(seen, { ...before, drift });
    assert.doesNotMatch(JSON.stringify(drift), /CANARY/);
    assert.ok(seen);
    const inputs = revealObject({ ...wire, where: { "web-1": "192.0.2.11" } });
    assert.deepEqual([...diffUnitSet(revealObject(seen), inputs)], [["drift", "delete"]]);
  });

  test("what was found before is gone when it is right again", () => {
    const notes = { drift: { "web-1": "gone: /a" }, pending: "web-1: x", unseen: "x" };
    assert.deepEqual(observed(host, { ...before, ...notes }), before);
  });

  test("that an up was interrupted", () => {
    assert.ok(host.set);
    const why = "a deploy was interrupted there, and is not rolled back yet";
    assert.deepEqual(observed({ ...host, set: { ...host.set, unfinished: true } }), {
      ...before,
      exceptions: { "web-1": { has: "unknown", why } },
      pending: `web-1: ${why}`,
    });
  });

  test("that there is no account", () => {
    assert.deepEqual(observed(undefined), { ...before, drift: { "web-1": "no account: test" } });
  });

  test("a drop-in, again and again, until an up has taken note of it", () => {
    const facts = state(host, "web.service", { dropIns: ["/d/a.conf"] });
    const once = observed(facts);
    assert.deepEqual(once, { ...before, drift: { "web-1": "new drop-in: /d/a.conf" } });
    assert.deepEqual(observed(facts, once), once);
    const noted = outputs(facts);
    assert.deepEqual(observed(facts, noted), noted);
  });

  test("all of it is gone: undefined, but not where the set's mark is still there", () => {
    const files: Facts["files"] = new Map();
    assert.equal(observed({ ...host, files, set: undefined }), undefined);
    const drift = { "web-1": `gone: /a, /key, ${unit}` };
    assert.deepEqual(observed({ ...host, files }), { ...before, drift });
  });
});

describe("of several hosts", () => {
  const edited = change(host, unit, present("edited"));
  const where = (many: number) =>
    whereOf(
      waysOf(
        Object.fromEntries(
          Array.from({ length: many }, (_, i) => [`web-${i + 1}`, { address: `192.0.2.${11 + i}` }]),
        ),
      ),
    );

  test("nothing differs", () => {
    assert.deepEqual(fleet({ "web-1": host, "web-2": host }), { ...before, where: where(2) });
  });

  test("those with the same difference are one entry", () => {
    const seen = fleet({ "web-1": host, "web-2": edited, "web-3": edited });
    assert.deepEqual(seen, { ...before, where: where(3), drift: { "web-[2-3]": `edited: ${unit}` } });
  });

  test("what is known of a host that was not looked at stays", () => {
    const exceptions = { "web-2": { has: "old" as const, why: "unreachable" } };
    const seen = fleet({ "web-1": host }, before, { exceptions, drift: { "web-2": "gone: /a" } }, [
      "web-1",
      "web-2",
    ]);
    assert.deepEqual(seen, {
      ...before,
      where: where(2),
      exceptions,
      pending: "web-2: unreachable",
      drift: { "web-2": "gone: /a" },
    });
  });

  test("an old version stays pending without its differences, until it is the new one", () => {
    const exceptions = { "web-2": { has: "old" as const, why: "held back" } };
    const still = fleet({ "web-1": host, "web-2": edited }, before, { exceptions });
    assert.deepEqual(still, { ...before, where: where(2), exceptions, pending: "web-2: held back" });
    assert.deepEqual(fleet({ "web-1": host, "web-2": host }, before, { exceptions }), {
      ...before,
      where: where(2),
    });
  });

  test("one that has lost all of it differs; when all have, the set is gone", () => {
    const empty = { ...host, files: new Map(), set: undefined };
    assert.deepEqual(fleet({ "web-1": host, "web-2": empty })?.drift, {
      "web-2": "nothing is left of: web",
    });
    assert.equal(fleet({ "web-1": empty, "web-2": empty }), undefined);
    assert.equal(fleet({}), undefined);
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
