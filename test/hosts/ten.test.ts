import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { TestHost } from "../../tools/fleet/index.ts";
import { eventually } from "./support/eventually.ts";
import { logins as loginsOf } from "./support/logins.ts";
import { openScene } from "./support/scene.ts";
import { example1, example2, get, hostEntry } from "./support/stack.ts";

// Ten hosts at once, chosen by a label: one connection a host for any operation, and none where nothing changes.

const { fleet, stack } = await openScene("ten", { hosts: 10 });

const configuration = (page: string) => ({
  hosts: Object.fromEntries(
    fleet.hosts.map((host) => [host.name, hostEntry(fleet, host, { labels: { role: "web" } })]),
  ),
  sites: {
    example1: { ...example1, hosts: { labels: { role: "web" } } },
    example2: {
      ...example2,
      hosts: { labels: { role: "web" } },
      nginx: { "default.conf": `server { listen 80; location / { return 200 "${page}"; } }\n` },
    },
  },
});

before(() => {
  stack.configure(configuration("one"));
});

/** How often somebody logged in to each host while something ran. */
async function logins(action: () => Promise<unknown>): Promise<number[]> {
  const count = async (host: TestHost) => (await loginsOf(host)).length;
  const before = await Promise.all(fleet.hosts.map(count));
  await action();
  const after = await Promise.all(fleet.hosts.map(count));
  return after.map((number, index) => number - (before[index] ?? 0));
}

const once = Array.from({ length: 10 }, () => 1);

async function pages(hosts = fleet.hosts): Promise<Set<string>> {
  const bodies = await Promise.all(
    hosts.map(async (host) => (await get(fleet, `http://${host.address}/`)).body),
  );
  return new Set(bodies);
}

test("a first up: two sets on each of ten hosts by one connection a host", async () => {
  assert.deepEqual(await logins(() => stack.up()), once);
  assert.deepEqual([...(await pages())], ["one"]);
});

test("an unchanged up and a preview: no connection at all", async () => {
  const none = Array.from({ length: 10 }, () => 0);
  assert.deepEqual(await logins(() => stack.up()), none);
  assert.deepEqual(await logins(() => stack.expectNoChanges()), none);
});

test("one changed file on each: one connection a host", async () => {
  stack.configure(configuration("two"));
  assert.deepEqual(await logins(() => stack.up()), once);
  await eventually(async () => assert.deepEqual([...(await pages())], ["two"]));
});

test("another identity for the login changes nothing and touches no host", async () => {
  const changed = configuration("two");
  for (const host of Object.values(changed.hosts)) Object.assign(host, { connectTimeout: 20, agent: false });
  stack.configure(changed);
  assert.deepEqual(
    await logins(() => stack.up()),
    Array.from({ length: 10 }, () => 0),
  );
});

test("one is dead and one accepts and says nothing: with skip eight are done, and both are named", async (t) => {
  /** An `up` to another page, and how many ms it takes. */
  const timed = async (page: string, deadline: number) => {
    const made = configuration(page);
    for (const host of Object.values(made.hosts)) Object.assign(host, { connectTimeout: deadline });
    for (const site of Object.values(made.sites)) Object.assign(site, { rollout: { offline: "skip" } });
    stack.configure(made);
    const started = Date.now();
    const output = await stack.up({ check: false });
    return { ...output, took: Date.now() - started };
  };
  const [dead, silent] = fleet.hosts.slice(8) as [TestHost, TestHost];
  const usual = await timed("three", 60);
  assert.equal(usual.code, 0, usual.stdout);

  await dead.unplug();
  // The kernel still accepts for a daemon that is stopped.
  await silent.run(["systemctl", "kill", "--kill-whom=main", "--signal=STOP", "ssh.service"]);
  const deadline = 5;
  try {
    const { code, stdout, stderr, took } = await timed("four", deadline);
    const said = stdout + stderr;
    t.diagnostic(`usually ${usual.took} ms; with a deadline of ${deadline} s ${took} ms`);
    assert.equal(code, 0, said);
    assert.match(
      said,
      new RegExp(`left out: (${silent.name}|ten-\\[9-10\\]): no SSH connection within ${deadline} s`),
    );
    // The network may say it sooner than the deadline.
    assert.match(
      said,
      new RegExp(`left out: ([^\n:]*, )?${dead.name}\\b.*no SSH connection|left out: ten-\\[9-10\\]`),
    );
    assert.deepEqual(await pages(fleet.hosts.slice(0, 8)), new Set(["four"]));
    assert.match(await stack.preview(), /- pending: "ten-\[9-10\]: unreachable"/);
    assert.ok(took < usual.took + 2 * deadline * 1000, "they were waited for one after the other");
  } finally {
    await dead.plug();
    await silent.run(["systemctl", "kill", "--kill-whom=main", "--signal=CONT", "ssh.service"]);
  }
  assert.deepEqual(await logins(() => stack.up()), [0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
  assert.deepEqual(await pages(), new Set(["four"]));
});

test("refresh and destroy: one connection a host", async () => {
  assert.deepEqual(await logins(() => stack.run(["refresh", "--yes", "--skip-preview"])), once);
  assert.deepEqual(await logins(() => stack.run(["destroy", "--yes", "--skip-preview"])), once);
});
