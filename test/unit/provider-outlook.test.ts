import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { outlook, outlookOf } from "../../provider/outlook.ts";
import { echo } from "../../provider/state.ts";
import { waysOf, whereOf } from "../../provider/where.ts";
import { type WireObject, wireUnknown } from "../../provider/wire.ts";

const conf = "/etc/conf.d/default.conf";
const fleet = (many: number, change: WireObject = {}): WireObject =>
  Object.fromEntries(
    Array.from({ length: many }, (_, index) => [
      `web-${index + 1}`,
      { address: `192.0.2.${index + 1}`, ...change },
    ]),
  );

function set(page: string, hosts: WireObject, change: WireObject = {}): WireObject {
  return {
    hosts,
    where: whereOf(waysOf(hosts)),
    name: "web",
    manager: "system",
    units: { "web.container": "[Container]\nImage=x:1\n", "web.socket": "[Socket]\nListenStream=80\n" },
    files: { [conf]: { content: page } },
    services: { "web.socket": { enabled: true }, "web.service": { reloadOn: [conf] } },
    ...change,
  };
}

/** The text about a change from the deployed version. */
function says(
  before: WireObject | undefined,
  after: WireObject,
  outputs: WireObject = {},
): string | undefined {
  const deployed = before && {
    inputs: before,
    properties: { ...echo(before), owner: "urn", where: before.where ?? {}, unitStates: {}, ...outputs },
  };
  return outlook("urn", deployed, after);
}
const end = "if a host fails, all go back to the old version";

afterEach(() => {
  delete process.env.QUADLET_FLEET_ONLY;
  delete process.env.QUADLET_FLEET_FORGET;
});

describe("of one host", () => {
  test("nothing to do", () => assert.equal(says(set("a", fleet(1)), set("a", fleet(1))), undefined));
  test("a first deploy", () => assert.equal(says(undefined, set("a", fleet(1))), "web-1: gets web"));
  test("a change, by its address", () =>
    assert.equal(says(set("a", fleet(1)), set("b", fleet(1))), "web-1: reloads web.service"));
});

describe("of several hosts", () => {
  test("an update that the engine repeats without a difference: all are looked at, in their order", () =>
    assert.equal(
      says(set("a", fleet(3)), set("a", fleet(3))),
      `rollout: web-1, then web-[2-3]; at most 41 minutes; ${end}`,
    ));

  test("a first deploy: in which order", () =>
    assert.equal(
      says(undefined, set("a", fleet(3))),
      `web-[1-3]: gets web\nrollout: web-1, then web-[2-3]; at most 41 minutes; ${end}`,
    ));

  test("a change: what it does, and in which order", () =>
    assert.equal(
      says(set("a", fleet(3)), set("b", fleet(3))),
      `web-[1-3]: reloads web.service\nrollout: web-1, then web-[2-3]; at most 41 minutes; ${end}`,
    ));

  test("many waves are counted, and the policy is said", () => {
    const hosts = fleet(9, { commandTimeout: 60 });
    const rollout = { maxParallel: 1, maxFailures: 2, minHealthyTime: 0, pause: "canary" };
    assert.equal(
      says(undefined, set("a", hosts, { rollout })),
      "web-[1-9]: gets web\nrollout: web-1, then web-2, then web-3, then web-4, then 5 more waves of at most 1; stops after the canaries until the next up; at most 11 minutes; if more than 2 hosts fail, all go back to the old version",
    );
  });

  test("what is not known yet below the hosts is no hindrance", () => {
    const hosts = { ...fleet(2), "web-3": { address: wireUnknown } };
    const said = says(set("a", fleet(2)), set("b", hosts)) ?? "";
    assert.match(said, /^web-\[1-3\]: reloads web\.service\nweb-3: gets web\n/);
    assert.equal(says(undefined, { ...set("a", {}), hosts: wireUnknown }), undefined);
  });

  test("a host that comes, and one that goes", () => {
    assert.equal(says(set("a", fleet(3)), set("a", fleet(2))), "web-3: loses web");
    assert.equal(says(set("a", fleet(2)), set("a", fleet(3))), "web-3: gets web");
  });

  test("a host that goes and is forgotten: it is not contacted, so nothing is said of it", () => {
    process.env.QUADLET_FLEET_FORGET = "web-3";
    assert.equal(says(set("a", fleet(3)), set("a", fleet(2))), undefined);
  });

  test("hosts that are held back or offline", () => {
    process.env.QUADLET_FLEET_ONLY = "web-2";
    const hosts = { ...fleet(3), "web-3": { address: "192.0.2.3", state: "offline" } };
    assert.equal(
      says(set("a", fleet(3)), set("b", hosts)),
      "web-2: reloads web.service\nweb-1: held back by `only`\nweb-3: offline, so not changed",
    );
  });

  test("what is left of a run before: only that", () => {
    const exceptions = {
      "web-2": { has: "old", why: "held back" },
      "web-3": { has: "old", why: "held back" },
    };
    const said = says(set("a", fleet(3)), set("a", fleet(3)), {
      exceptions,
      pending: "web-[2-3]: held back",
    });
    assert.equal(said, `rollout: web-2, then web-3; at most 41 minutes; ${end}`);
  });

  test("another manager", () => {
    const [before, after] = [{ manager: "user", user: "test" }, { manager: "system" }];
    assert.equal(
      says(set("a", fleet(1), before), set("a", fleet(1), after)),
      "web-1: web: moves to the host's service manager; its sockets refuse for a moment",
    );
    assert.match(
      says(set("a", fleet(1), after), set("a", fleet(1), before)) ?? "",
      /moves to the service manager of "test"; its sockets/,
    );
  });
});

describe("for programs", () => {
  const of = (before: WireObject | undefined, after: WireObject, outputs: WireObject = {}) => {
    const properties = before && {
      ...echo(before),
      owner: "urn",
      where: before.where ?? {},
      unitStates: {},
      ...outputs,
    };
    const found = outlookOf("urn", before && properties && { inputs: before, properties }, after);
    return found?.lines.map(({ hosts, told }) => [
      hosts.join(" "),
      told.map(({ effect }) => effect).join(" "),
    ]);
  };

  test("a first deploy starts it", () =>
    assert.deepEqual(of(undefined, set("a", fleet(2))), [["web-1 web-2", "starts"]]));
  test("a change, and a host that loses it: each with its hosts", () =>
    assert.deepEqual(of(set("a", fleet(3)), set("b", fleet(2))), [
      ["web-1 web-2", "reloads"],
      ["web-3", "removes"],
    ]));
  test("hosts that are looked at without a difference: it can't be told", () =>
    assert.deepEqual(of(set("a", fleet(2)), set("a", fleet(2))), [["web-1 web-2", "unknown"]]));
  test("a value that is not known yet", () =>
    assert.deepEqual(
      of(set("a", fleet(1)), set("a", fleet(1), { files: { [conf]: { content: wireUnknown } } })),
      [["web-1", "unknown"]],
    ));
  test("held back: nothing", () => {
    process.env.QUADLET_FLEET_ONLY = "web-1";
    assert.deepEqual(of(set("a", fleet(2)), set("b", fleet(2))), [
      ["web-1", "reloads"],
      ["web-2", "nothing"],
    ]);
  });
});
