import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Fleet, type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { type Stack, example1, example2, get, hostEntry, makeStack } from "./support/stack.ts";

// Ten hosts at once, chosen by a label: one connection a host for any operation, and none where nothing changes.

let fleet: Fleet;
let stack: Stack;

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

before(async () => {
  fleet = await createFleet({ name: "ten", hosts: 10 });
  stack = await makeStack("test-ten");
  stack.configure(configuration("one"));
});

after(async () => {
  await stack[Symbol.asyncDispose]();
  await fleet.dispose();
});

/** How often somebody logged in to each host while something ran. */
async function logins(action: () => Promise<unknown>): Promise<number[]> {
  const count = async (host: TestHost) => {
    const { stdout } = await host.run(["journalctl", "--unit=ssh.service", "--output=cat", "--no-pager"]);
    return [...stdout.matchAll(/^Accepted publickey/gm)].length;
  };
  const before = await Promise.all(fleet.hosts.map(count));
  await action();
  const after = await Promise.all(fleet.hosts.map(count));
  return after.map((number, index) => number - (before[index] ?? 0));
}

const once = Array.from({ length: 10 }, () => 1);

async function pages(): Promise<Set<string>> {
  const bodies = await Promise.all(
    fleet.hosts.map(async (host) => (await get(fleet, `http://${host.address}/`)).body),
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
  for (let tries = 20; tries > 0 && (await pages()).has("one"); tries -= 1)
    await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual([...(await pages())], ["two"]);
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

test("one is dead and one accepts and says nothing: eight are done in their usual time, two fail in time, by name", async (t) => {
  const deadline = 8;
  const changed = (page: string) => {
    const made = configuration(page);
    for (const host of Object.values(made.hosts)) Object.assign(host, { connectTimeout: deadline });
    stack.configure(made);
  };
  /** How many ms it takes until the last of some hosts has the page. */
  const served = async (hosts: readonly TestHost[], page: string) => {
    const started = Date.now();
    let waiting = [...hosts];
    while (waiting.length > 0 && Date.now() - started < 60_000) {
      const bodies = await Promise.all(
        waiting.map(async (host) => (await get(fleet, `http://${host.address}/`)).body),
      );
      waiting = waiting.filter((_, index) => bodies[index] !== page);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.equal(waiting.length, 0, "not all were done");
    return Date.now() - started;
  };
  const healthy = fleet.hosts.slice(0, 8);
  const [dead, silent] = fleet.hosts.slice(8) as [TestHost, TestHost];
  changed("three");
  const [usual] = await Promise.all([served(healthy, "three"), stack.up()]);

  changed("four");
  await dead.unplug();
  // The kernel still accepts for a daemon that is stopped.
  await silent.run(["systemctl", "kill", "--kill-whom=main", "--signal=STOP", "ssh.service"]);
  const started = Date.now();
  let ended = 0;
  const up = stack.up({ check: false }).finally(() => (ended = Date.now() - started));
  try {
    const [time, { code, stdout }] = await Promise.all([served(healthy, "four"), up]);
    t.diagnostic(`eight were done after ${time} ms, usually ${usual} ms; the up ended after ${ended} ms`);
    assert.notEqual(code, 0);
    for (const host of [dead, silent]) {
      const [error] = new RegExp(`${host.address}:22: no SSH connection.*`).exec(stdout) ?? [];
      t.diagnostic(`${host.name}: ${error}`);
      assert.ok(error !== undefined, `${host.name} is not named\n${stdout}`);
      assert.match(stdout, new RegExp(`UnitSet \\(?example2@${host.name}`));
    }
    for (const host of healthy) assert.doesNotMatch(stdout, new RegExp(`${host.address}:22: no SSH`));
    assert.ok(time < usual * 1.5 + 1000, `${time} ms, usually ${usual} ms`);
    // The engine's own start and end are about 3 s.
    assert.ok(ended < Math.max(time, deadline * 1000) + 5000, `${ended} ms`);
  } finally {
    await dead.plug();
    await silent.run(["systemctl", "kill", "--kill-whom=main", "--signal=CONT", "ssh.service"]);
  }
  await stack.up();
  assert.deepEqual(await pages(), new Set(["four"]));
});

test("refresh and destroy: one connection a host", async () => {
  assert.deepEqual(await logins(() => stack.run(["refresh", "--yes", "--skip-preview"])), once);
  assert.deepEqual(await logins(() => stack.run(["destroy", "--yes", "--skip-preview"])), once);
});
