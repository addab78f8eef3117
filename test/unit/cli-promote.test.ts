import assert from "node:assert/strict";
import { test } from "node:test";
import { decide } from "../../cli/promote/decide.ts";
import { promotionMarkdown } from "../../cli/promote/index.ts";
import type { DeployedSet } from "../../cli/stack.ts";
import { nothingKnown } from "../../provider/fleet.ts";
import { desired } from "./host-plan-facts.ts";

// What a promotion copies from one environment to another, and when it refuses.

const sha = (digit: string) => `docker.io/library/nginx@sha256:${digit.repeat(64)}`;
const settings = (values: Record<string, string>) =>
  Object.entries(values).map(([path, value]) => ({ path, value, from: [] }));

function set(name: string, images: string[], more: Partial<DeployedSet> = {}): DeployedSet {
  const of = {
    ...desired(),
    name,
    images: images.map((reference) => ({ reference, pull: "missing" as const })),
  };
  return {
    ...{ urn: `urn:${name}`, before: { inputs: {}, properties: {} }, desired: of, known: nothingKnown },
    ...{ dropIns: [], hidden: [], credentials: {} },
    ...more,
  };
}

const www = "sites.www.image";
const promoted = (
  from: Record<string, string>,
  to: Record<string, string>,
  deployed: readonly DeployedSet[] = [set("www", [sha("b")])],
) =>
  decide(
    { name: "staging", settings: settings(from) },
    { name: "production", settings: settings(to) },
    deployed,
  );

test("the images that differ, of sites, proxies, backends and certificates; nothing else", () => {
  const front = set("front", [sha("1"), sha("2"), sha("3")]);
  const paths = {
    "proxies.front.image": "1",
    "proxies.front.backends.api.image": "2",
    "proxies.front.tls.acme.image": "3",
  };
  const values = (digit: (digit: string) => string) =>
    Object.fromEntries(Object.entries(paths).map(([path, one]) => [path, sha(digit(one))]));
  const found = promoted(
    {
      [www]: sha("b"),
      "sites.www.environment.image": "x",
      ...values((one) => one),
      "sites.same.image": "tag:1",
    },
    {
      [www]: sha("a"),
      "sites.www.environment.image": "y",
      ...values(() => "0"),
      "sites.same.image": "tag:1",
    },
    [set("www", [sha("b")]), front],
  );
  assert.deepEqual([found.notes, found.refusals], [[], []]);
  assert.deepEqual(found.promotions, [
    { path: www, before: sha("a"), after: sha("b") },
    ...Object.entries(paths).map(([path, one]) => ({ path, before: sha("0"), after: sha(one) })),
  ]);
  assert.equal(promotionMarkdown("staging", "production", found).split("\n").length, 9);
});

test("nothing differs: nothing is promoted", () => {
  const found = promoted({ [www]: sha("b") }, { [www]: sha("b") });
  assert.deepEqual(found, { promotions: [], notes: [], refusals: [] });
  assert.equal(
    promotionMarkdown("staging", "production", found),
    "production has every image that staging has.\n",
  );
});

for (const [title, deployed, from, to, says] of [
  [
    "a host is pending",
    [set("www", [sha("b")], { known: { ...nothingKnown, exceptions: { "s-1": { has: "old", why: "x" } } } })],
    { [www]: sha("b") },
    { [www]: sha("a") },
    "www of staging is pending on s-1.",
  ],
  [
    "a host has drifted, also of a site with the same image",
    [
      set("www", [sha("b")]),
      set("api", [], { known: { ...nothingKnown, drift: { "s-1": "x", "s-2": "x" } } }),
    ],
    { [www]: sha("b") },
    { [www]: sha("a") },
    "api of staging has drifted on s-[1-2].",
  ],
  [
    "a host was not seen",
    [set("www", [sha("b")], { before: { inputs: {}, properties: { unseen: "s-1: no SSH connection" } } })],
    { [www]: sha("b") },
    { [www]: sha("a") },
    "www of staging could not be checked: s-1: no SSH connection",
  ],
  [
    "the files have more than is deployed",
    [set("www", [sha("a")]), set("other", [sha("b")])],
    { [www]: sha("b") },
    { [www]: sha("a") },
    `staging has not deployed ${www} of its files yet: ${sha("b")}.`,
  ],
  [
    "a tag",
    [set("www", ["nginx:2"])],
    { [www]: "nginx:2" },
    { [www]: "nginx:1" },
    `${www} of staging is nginx:2. A tag can be moved to another image: write it with its digest, nginx:2@sha256:….`,
  ],
  [
    "the other environment has the site without an image",
    [set("www", [sha("b")])],
    { [www]: sha("b") },
    { "sites.www.manager": "system" },
    `production has no ${www}. Add it there once, by hand.`,
  ],
] as const)
  test(`refused: ${title}`, () => assert.deepEqual(promoted(from, to, deployed).refusals, [says]));

test("a site of one environment only is named, and is no refusal", () => {
  assert.deepEqual(promoted({ [www]: sha("b") }, {}), {
    promotions: [],
    notes: ["sites.www is only in staging, so it is not promoted."],
    refusals: [],
  });
});
