import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Fleet, type Known, fleetOf, nothingKnown } from "../../provider/fleet.ts";
import { waysOf, whereOf } from "../../provider/where.ts";
import { type WireObject, revealObject, secret, wireUnknown } from "../../provider/wire.ts";

const address = (number: number) => ({ address: `192.0.2.${number}` });
const three = { "web-1": address(1), "web-2": address(2), "web-3": address(3) };

/** The content of the state after a deploy to these hosts. */
function known(hosts: WireObject, change: Partial<Known> = {}): Known {
  const ways = waysOf(hosts);
  return { ...nothingKnown, ways, where: revealObject(whereOf(ways)) as Record<string, string>, ...change };
}

/** "NAME" of a host that takes part, with "+" if it has nothing and "-" if it leaves; "(NAME)": absent. */
function brief({ parts, absent, settled }: Fleet): { busy: string; settled: string } {
  const busy = [
    ...parts.map(({ name, leaves, has }) => `${leaves ? "-" : has === "nothing" ? "+" : ""}${name}`),
    ...absent.map(({ name }) => `(${name})`),
  ];
  return { busy: busy.join(" "), settled: settled.map(({ name }) => name).join(" ") };
}
const fleet = (hosts: WireObject, before: Known, isOther = false) =>
  brief(fleetOf(waysOf(hosts), before, isOther));

describe("who takes part", () => {
  test("all, in a first deploy and with another content", () => {
    assert.deepEqual(fleet(three, nothingKnown), { busy: "+web-1 +web-2 +web-3", settled: "" });
    assert.deepEqual(fleet(three, known(three), true), { busy: "web-1 web-2 web-3", settled: "" });
  });

  test("all, where nothing is due: the engine repeats an update that did not finish", () => {
    assert.deepEqual(fleet(three, known(three)), { busy: "web-1 web-2 web-3", settled: "" });
  });

  test("otherwise only hosts with something to do", () => {
    const exceptions = { "web-2": { has: "old" as const, why: "held back" } };
    assert.deepEqual(fleet(three, known(three, { exceptions })), { busy: "web-2", settled: "web-1 web-3" });
    assert.deepEqual(fleet(three, known(three, { drift: { "web-3": "edited" } })), {
      busy: "web-3",
      settled: "web-1 web-2",
    });
  });

  test("a host that comes, and one that goes", () => {
    const { "web-3": last, ...two } = three;
    assert.ok(last);
    assert.deepEqual(fleet(three, known(two)), { busy: "+web-3", settled: "web-1 web-2" });
    assert.deepEqual(fleet(two, known(three)), { busy: "-web-3", settled: "web-1 web-2" });
  });

  test("a host with another name: it is still known, and the name it had does not leave", () => {
    const { "web-3": last, ...two } = three;
    assert.deepEqual(fleet({ ...two, "db-1": last }, known(three)), {
      busy: "db-1",
      settled: "web-1 web-2",
    });
  });

  test("another address: the new one comes, the former one leaves by a name of its own", () => {
    const moved = fleetOf(waysOf({ ...three, "web-3": address(9) }), known(three), false);
    assert.deepEqual(brief(moved), { busy: "+web-3 -web-3 (192.0.2.3)", settled: "web-1 web-2" });
    assert.deepEqual(
      moved.parts.map(({ isFormerAddress = false }) => isFormerAddress),
      [false, true],
    );
  });

  test("another port or jump host is another way to the same host", () => {
    const way = { ...address(3), port: 2222, jump: address(1) };
    assert.deepEqual(fleet({ ...three, "web-3": way }, known(three)), {
      busy: "web-3",
      settled: "web-1 web-2",
    });
  });

  test("a host that is offline, where there is something to do on it", () => {
    const away = { ...three, "web-3": { ...address(3), state: "offline" } };
    assert.deepEqual(fleet(away, known(three), true), { busy: "web-1 web-2 (web-3)", settled: "" });
    const exceptions = { "web-3": { has: "old" as const, why: "offline" } };
    assert.deepEqual(fleet(away, known(three, { exceptions })), { busy: "(web-3)", settled: "web-1 web-2" });
  });

  test("a host that is retired: not contacted, whatever is to do", () => {
    const retired = { ...three, "web-3": { ...address(3), state: "retired" } };
    assert.deepEqual(fleet(retired, known(three), true), { busy: "web-1 web-2", settled: "" });
    // The other hosts have nothing to do because of that.
    assert.deepEqual(fleet(retired, known(three)), { busy: "", settled: "web-1 web-2" });
    const replaced = { ...retired, "web-4": address(3) };
    assert.deepEqual(fleet(replaced, known(three)), { busy: "+web-4", settled: "web-1 web-2" });
  });

  test("a removal: all that may have it", () => {
    assert.deepEqual(fleet({}, known(three), true), { busy: "-web-1 -web-2 -web-3", settled: "" });
  });
});

describe("where a host is", () => {
  const shown = (host: WireObject) => whereOf(waysOf({ a: host })).a;
  const cases: [string, WireObject, unknown][] = [
    ["its address", { address: "web-1" }, "web-1"],
    ["without the usual port, or who logs in", { address: "web-1", port: 22, user: "x" }, "web-1"],
    ["with another port", { address: "fd00::1", port: 2222 }, "[fd00::1]:2222"],
    [
      "through others",
      { address: "a", jump: { address: "b", jump: { address: "c", port: 1 } } },
      "a via b via c:1",
    ],
    ["not known yet", { address: wireUnknown }, wireUnknown],
    ["through one that is not known yet", { address: "a", jump: { address: wireUnknown } }, wireUnknown],
    ["a secret", { address: secret("a"), port: 2222 }, secret("a:2222")],
    ["nowhere any more", { address: "a", state: "retired" }, undefined],
  ];
  for (const [what, host, expected] of cases) test(what, () => assert.deepEqual(shown(host), expected));

  test("of a map that is a secret as a whole: shown all the same", () => {
    assert.deepEqual(whereOf(waysOf(secret({ a: { address: "b", privateKey: secret("k") } }))), { a: "b" });
  });
});
