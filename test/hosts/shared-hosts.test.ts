import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openScene } from "./support/scene.ts";
import { type Stack, example2, get, hostEntry, makeStack } from "./support/stack.ts";

// Sites that share hosts in a ring: each shares one host with each other site, so each could wait for the next. In one run and in two runs.

const { fleet, stack } = await openScene("shared", { hosts: 3 });
const other = await makeStack("test-shared-other");
after(() => other[Symbol.asyncDispose]());

const ports = { a: 81, b: 82, c: 83, d: 84 } as const;
type Site = keyof typeof ports;
const places: Record<Site, number[]> = { a: [0, 1], b: [1, 2], c: [2, 0], d: [2, 1, 0] };

function configure(of: Stack, sites: readonly Site[], page: string): void {
  const site = (name: Site) => ({
    ...example2,
    hosts: places[name].map((index) => `web-${index + 1}`),
    listen: [`0.0.0.0:${ports[name]}`],
    nginx: { "default.conf": `server { listen ${ports[name]}; location / { return 200 "${page}"; } }\n` },
    rollout: { minHealthyTime: 0 },
  });
  of.configure({
    hosts: Object.fromEntries(fleet.hosts.map((host, index) => [`web-${index + 1}`, hostEntry(fleet, host)])),
    sites: Object.fromEntries(sites.map((name) => [name, site(name)])),
  });
}

async function expectPages(sites: readonly Site[], page: string): Promise<void> {
  for (const name of sites)
    for (const index of places[name])
      assert.equal((await get(fleet, `http://${fleet.hosts[index]?.address}:${ports[name]}/`)).body, page);
}

for (const [order, parallel] of [
  [["a", "b", "c"], "16"],
  [["c", "b", "a"], "2"],
] as const) {
  test(`a ring of sites in one run, ${order.join(", ")}, ${parallel} at a time: all land`, async () => {
    const page = `${order.join("")} ${parallel}`;
    configure(stack, order, page);
    await stack.run(["up", "--yes", "--skip-preview", "--parallel", parallel]);
    await expectPages(order, page);
    await stack.expectNoChanges();
  });
}

test("two runs at once, of stacks that share all hosts: both land", async (t) => {
  for (const page of ["one", "two", "three"]) {
    configure(stack, ["a", "b", "c"], page);
    configure(other, ["d"], page);
    const began = Date.now();
    await Promise.all([stack.up(), other.up()]);
    t.diagnostic(`both after ${Date.now() - began} ms`);
    await expectPages(["a", "b", "c", "d"], page);
  }
  await Promise.all([stack.expectNoChanges(), other.expectNoChanges()]);
  await other.run(["destroy", "--yes", "--skip-preview"]);
});

test("the same stack's site by two runs: the engine's lock lets one through", async () => {
  configure(stack, ["a", "b", "c"], "last");
  const both = await Promise.all([stack.up({ check: false }), stack.up({ check: false })]);
  assert.deepEqual(both.map(({ code }) => code === 0).sort(), [false, true]);
  await stack.up();
  await expectPages(["a", "b", "c"], "last");
});
