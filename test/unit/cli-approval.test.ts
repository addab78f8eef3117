import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { approve, differingParts, isToken, parts } from "../../cli/review/approval.ts";
import type { Planned } from "../../cli/review/preview.ts";
import { differences } from "../../cli/up/differences.ts";
import { unreachable } from "../../cli/up/unreachable.ts";
import { removalOf } from "../../provider/approval.ts";
import { stampOf } from "../../provider/approved.ts";

// The approval of a preview: one line for everything in it.

const type = "quadlet:index:UnitSet";
const prefix = "urn:pulumi:s::p::quadlet:index:SocketActivatedNginx$quadlet:index:UnitSet::";
const versions = { package: "0.1.0", engine: "v3.258.0" };
const digests = { content: "c", hosts: "h", images: "i", state: "s", version: "0.1.0" };

function set(site: string, change: Partial<Planned> = {}): Planned {
  const state = { type, inputs: { name: site }, outputs: { owner: "o" } };
  return {
    op: "update",
    urn: `${prefix}${site}`,
    oldState: state,
    newState: state,
    approval: digests,
    ...change,
  };
}

const component: Planned = {
  op: "same",
  urn: "urn:pulumi:s::p::quadlet:index:SocketActivatedNginx::www",
  oldState: { type: "quadlet:index:SocketActivatedNginx", outputs: { urls: ["http://a/"] } },
  newState: { type: "quadlet:index:SocketActivatedNginx" },
};
const removed = set("old", { op: "delete", approval: undefined });
delete (removed as { newState?: object }).newState;
const all = [component, set("www"), set("api", { op: "same" }), removed];

function tokenOf(planned: readonly Planned[], environment = {}, its = versions): string {
  const found = approve(planned, its, environment);
  assert.ok("token" in found, JSON.stringify(found));
  return found.token;
}

const withWww = (change: Partial<Planned>) =>
  all.map((one) => (one.urn.endsWith("UnitSet::www") ? { ...one, ...change } : one));

test("it is one word, the same in any order, and of nothing too", () => {
  assert.equal(
    tokenOf(all),
    "qf1.Ci9p4vBdzaFEp-plE5GUrA.1ucA2FxxCwq74WsTdqku0w.UAWOsYRQfNpVL387sQN20Q.NWHgowN60Uqwx1VPBOgRQg.45OWEe4_ezpo629YsKgaGQ.kvc7sF1yYtMwAkDLe-lrfQ",
  );
  assert.equal(tokenOf(all.toReversed()), tokenOf(all));
  assert.ok(isToken(tokenOf(all)) && isToken(tokenOf([])));
});

for (const wrong of [
  "",
  "qf1",
  "qf2.a.b.c.d.e.f",
  `${tokenOf(all)}x`,
  tokenOf(all).slice(0, -1),
  tokenOf(all).replace("qf1", "qf2"),
])
  test(`no approval: ${JSON.stringify(wrong)}`, () => assert.ok(!isToken(wrong)));

describe("what differs", () => {
  const { token: _, ...rest } = { token: "", versions, changes: [] };
  void _;
  for (const [what, other, differing] of [
    ["the content of a site", tokenOf(withWww({ approval: { ...digests, content: "d" } })), ["content"]],
    ["its hosts", tokenOf(withWww({ approval: { ...digests, hosts: "d" } })), ["hosts"]],
    ["the chosen hosts", tokenOf(all, { QUADLET_FLEET_ONLY: "web-1" }), ["hosts"]],
    ["the forgotten hosts", tokenOf(all, { QUADLET_FLEET_FORGET: "web-1" }), ["hosts"]],
    ["its images", tokenOf(withWww({ approval: { ...digests, images: "d" } })), ["images"]],
    [
      "the version of the provider",
      tokenOf(withWww({ approval: { ...digests, version: "0.1.1" } })),
      ["versions"],
    ],
    ["the version of Pulumi", tokenOf(all, {}, { ...versions, engine: "v3.259.0" }), ["versions"]],
    ["what is recorded", tokenOf(withWww({ approval: { ...digests, state: "d" } })), ["state"]],
    ["what is done", tokenOf(withWww({ op: "same" })), ["steps"]],
    [
      "what is recorded of a site that is removed",
      tokenOf([...all.slice(0, 3), { ...removed, oldState: { type, inputs: { name: "olf" } } }]),
      ["state"],
    ],
    [
      "another resource",
      tokenOf([{ ...component, newState: { ...component.newState, inputs: { a: 1 } } }, ...all.slice(1)]),
      ["content"],
    ],
    [
      "its protection",
      tokenOf([{ ...component, newState: { ...component.newState, protect: true } }, ...all.slice(1)]),
      ["content"],
    ],
    ["a site less", tokenOf(all.slice(0, 3)), ["content", "hosts", "images", "state", "steps"]],
  ] as const)
    test(what, () => {
      assert.deepEqual(differingParts(tokenOf(all), other), differing);
      const named = differences(tokenOf(all), { ...rest, token: other });
      assert.equal(
        named.length,
        differing.filter((part) => part !== "steps" || differing.length === 1).length,
      );
    });
  test("nothing", () => assert.deepEqual(differences(tokenOf(all), { ...rest, token: tokenOf(all) }), []));
  test("drift and what is pending are named", () => {
    const change = { site: "www", op: "update", effects: [], minutes: 1, diffs: [] } as const;
    const changes = [{ ...change, drift: { "web-3": "edited: /etc/x" }, pending: "web-4: held back" }];
    const other = tokenOf(withWww({ approval: { ...digests, state: "d" } }));
    assert.deepEqual(differences(tokenOf(all), { versions, changes, token: other }).slice(1), [
      "www: drift on web-3: edited: /etc/x",
      "www: pending: web-4: held back",
    ]);
  });
});

test("docs/review.md shows what is said", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/review.md"), "utf8");
  const other = tokenOf(withWww({ approval: { ...digests, images: "d", state: "d" } }));
  const shown = differences(tokenOf(all), { versions, changes: [], token: other });
  assert.ok(page.includes(`not what was approved:\n- ${shown.join("\n- ")}\n- www: drift on `));
  const rows = page.split("\n").map((row) => row.split("|")[1]?.trim());
  assert.deepEqual(
    parts.filter((part) => !rows.includes(part)),
    [],
  );
});

test("the stamps are those that the provider makes, none for what stays", () => {
  const found = approve(all, versions, {});
  assert.deepEqual("stamps" in found && found.stamps, [
    stampOf(`${prefix}www`, "update", digests),
    stampOf(`${prefix}old`, "delete", removalOf({ name: "old" }, { owner: "o" })),
  ]);
});

test("what nobody can approve, with the reason", () => {
  const changes = [
    set("a", { approval: null }),
    set("b", { approval: undefined }),
    set("c", { op: "create-replacement" }),
    set("d", { op: "create", approval: null }),
  ];
  assert.deepEqual(approve([...all, ...changes], versions, {}), {
    why: [
      "a: it has values that are known only during the deploy",
      "b: its provider does not support approvals",
      'c: "create-replacement" can\'t be approved',
      "d: it has values that are known only during the deploy",
    ],
  });
});

test("hosts that a refresh could not reach, unless their site leaves such hosts out", () => {
  const oldState = { type, outputs: { unseen: "web-2: no SSH connection" } };
  const newState = (offline: string) => ({ type, inputs: { rollout: { offline } } });
  const planned = [
    set("www", { oldState, newState: newState("fail") }),
    set("api", { oldState, newState: newState("skip") }),
    set("app"),
    set("old", { op: "same", oldState, newState: { type, inputs: {} } }),
  ];
  assert.deepEqual(unreachable(planned), ["www: web-2: no SSH connection", "old: web-2: no SSH connection"]);
});
