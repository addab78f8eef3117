import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Before, lastOperation } from "../../provider/operations/context.ts";
import { fleetOf, nothingKnown } from "../../provider/fleet.ts";
import { resultOf } from "../../provider/result.ts";
import type { Deployed } from "../../provider/rollout.ts";
import { desiredState, echo } from "../../provider/state.ts";
import { waysOf, whereOf } from "../../provider/where.ts";
import { type WireObject, revealObject, secret } from "../../provider/wire.ts";
import type { Has } from "../../rollout/member.ts";
import type { Exception } from "../../rollout/outcome.ts";
import type { UnitSetInputs } from "../../resources/contract.ts";

const address = (number: number) => ({ address: `192.0.2.${number}` });
const two = { "web-1": address(1), "web-2": address(2) };

function set(page: string, hosts: WireObject, change: WireObject = {}): WireObject {
  return { hosts, name: "web", manager: "system", units: {}, files: { "/a": { content: page } }, ...change };
}

/** The content of the state after a deploy to all these hosts. */
function state(inputs: WireObject, change: WireObject = {}): Before {
  const where = whereOf(waysOf(inputs.hosts));
  return { inputs, properties: { ...echo(inputs), owner: "urn", unitStates: {}, where, ...change } };
}

/** The outputs after a rollout with these results of the hosts. */
function after(
  before: Before | undefined,
  inputs: WireObject,
  has: Record<string, Has>,
  exceptions: Record<string, Exception> = {},
  isUnfinished = false,
): WireObject {
  const earlier = before ? lastOperation(before, "urn") : { desired: undefined, known: nothingKnown };
  const isOtherContent = !before || JSON.stringify(before.properties.files) !== JSON.stringify(inputs.files);
  const deployed: Deployed = {
    has: new Map(Object.entries(has)),
    isNew: Object.values(has).includes("new"),
    exceptions,
    facts: new Map(),
    unreachable: [],
  };
  return resultOf({
    ...{ urn: "urn", inputs, before, earlier, deployed, isOtherContent },
    saved: isUnfinished && before ? before.inputs : inputs,
    fleet: fleetOf(waysOf(inputs.hosts), earlier.known, isOtherContent),
    desired: desiredState(revealObject(inputs) as unknown as UnitSetInputs, "urn"),
  });
}

const [a, b] = [set("a", two), set("b", two)];
const old = (why: string) => ({ has: "old" as const, why });

test("all have it: what was asked for, and where; no exception is left", () => {
  const exceptions = { "web-2": old("held back") };
  const found = after(state(a, { exceptions, pending: "x", drift: { "web-1": "y" }, unseen: "z" }), b, {
    "web-1": "new",
    "web-2": "new",
  });
  assert.deepEqual(found, state(b).properties);
});

test("within the budget: the content is new, the others are named", () => {
  const found = after(
    state(a),
    b,
    { "web-1": "new", "web-2": "old" },
    { "web-2": old("no room\non /var") },
    true,
  );
  assert.deepEqual(found, {
    ...state(b).properties,
    exceptions: { "web-2": old("no room") },
    pending: "web-2: no room",
  });
});

test("what was pending is done: only the host that took part has changed", () => {
  const before = state(b, { exceptions: { "web-2": old("held back") }, pending: "web-2: held back" });
  assert.deepEqual(after(before, b, { "web-2": "new" }), state(b).properties);
});

test("nothing was committed, and one host is stuck: the content is that of before", () => {
  const stuck = { "web-2": { has: "stuck" as const, why: "x" } };
  assert.deepEqual(after(state(a), b, { "web-1": "old", "web-2": "stuck" }, stuck, true), {
    ...state(a).properties,
    exceptions: stuck,
    pending: "web-2: x",
  });
});

test("a create that failed halfway: nothing but the host that may have a part of it", () => {
  const unknown = { "web-2": { has: "unknown" as const, why: "lost" } };
  assert.deepEqual(after(undefined, a, { "web-1": "nothing", "web-2": "unknown" }, unknown, true), {
    ...echo({ name: "web", manager: "system", units: {} }),
    owner: "urn",
    unitStates: {},
    where: { "web-2": "192.0.2.2" },
    exceptions: unknown,
    pending: "web-2: lost",
  });
});

describe("hosts that the saved inputs do not name keep their connection, as a secret", () => {
  test("one that an update has added that did not finish", () => {
    const three = set("b", { ...two, "web-3": { ...address(3), privateKey: secret("k") } });
    const has = { "web-1": "new", "web-2": "old", "web-3": "new" } as const;
    const found = after(state(a), three, has, { "web-2": old("x") }, true);
    assert.deepEqual(found.others, secret({ "web-3": { ...address(3), privateKey: secret("k") } }));
    assert.equal((found.where as WireObject)["web-3"], "192.0.2.3");
    // The next operation finds the new host.
    const known = lastOperation({ inputs: a, properties: found }, "urn").known;
    assert.deepEqual(Object.keys(known.ways), ["web-1", "web-2", "web-3"]);
  });

  test("one that was removed and could not be asked; and none when it is gone", () => {
    const one = set("a", { "web-1": address(1) });
    const left = after(state(a), one, { "web-2": "old" }, { "web-2": old("unreachable") });
    assert.deepEqual(left.others, secret({ "web-2": address(2) }));
    assert.equal(left.pending, "web-2: unreachable");
    assert.deepEqual(
      after({ inputs: one, properties: left }, one, { "web-2": "new" }),
      state(one).properties,
    );
  });
});

test("a host that is offline keeps what is known of it", () => {
  const away = set("b", { ...two, "web-2": { ...address(2), state: "offline" } });
  const found = after(state(a), away, { "web-1": "new" });
  assert.deepEqual(found.where, { "web-1": "192.0.2.1", "web-2": "192.0.2.2" });
  assert.deepEqual(found.exceptions, { "web-2": old("offline") });
});

test("a version under another manager is noted with its keeper", () => {
  const before = state(set("a", two, { manager: "user", user: "test" }));
  const found = after(before, b, { "web-1": "new", "web-2": "old" }, { "web-2": old("x") }, true);
  assert.deepEqual(found.exceptions, { "web-2": { ...old("x"), keeper: { manager: "user", user: "test" } } });
});

test("what a refresh found on a host that took no part stays, in short", () => {
  const before = state(b, { drift: { "web-[1-2]": "edited: /a" } });
  const away = set("b", { ...two, "web-2": { ...address(2), state: "offline" } });
  const found = after(before, away, { "web-1": "new" });
  assert.deepEqual(found.drift, { "web-2": "edited: /a" });
});

describe("what a refresh found is not kept for a name that no host has any more", () => {
  const before = state(b, { drift: { "web-2": "edited: /a" } });
  test("of a host that is retired", () => {
    const retired = set("b", { ...two, "web-2": { ...address(2), state: "retired" } });
    assert.deepEqual(after(before, retired, { "web-1": "new" }), state(retired).properties);
  });
  test("of a host with another name now", () => {
    const renamed = set("b", { "web-1": address(1), "db-1": address(2) });
    assert.deepEqual(after(before, renamed, { "db-1": "new" }), state(renamed).properties);
  });
});

test("a host with another name that does not get the new version is not lost", () => {
  const renamed = set("b", { "web-1": address(1), "db-1": address(2) });
  const exceptions = { "db-1": old("held back") };
  const found = after(state(a), renamed, { "web-1": "new", "db-1": "old" }, exceptions);
  assert.deepEqual(found.where, whereOf(waysOf(renamed.hosts)));
  assert.deepEqual(found.exceptions, exceptions);
});
