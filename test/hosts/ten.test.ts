import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { parse } from "yaml";
import type { TestHost } from "../../tools/fleet/index.ts";
import { eventually } from "./support/eventually.ts";
import { logins as loginsOf } from "./support/logins.ts";
import { openScene } from "./support/scene.ts";
import { assertShown, withoutNoise } from "./support/shown.ts";
import { example1, get, hostEntry } from "./support/stack.ts";

// Ten hosts at once, chosen by a label: one connection per host for any operation, and none if nothing changes. One of their sites is
// that of README.md, which shows its changes: node --test --test-update-snapshots test/hosts/ten.test.ts

const { fleet, stack } = await openScene("ten", { hosts: 10 });
const nameOf = (host: TestHost) => host.name.replace("ten", "web");

const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
const [, stackFile = ""] = /^ *```yaml\n([\s\S]*?)^ *```$/m.exec(readme) ?? [];
/** README.md calls the stack "production". */
const inProduction = { [stack.name]: "production" };
/** Its site, with another page. */
const www = (page: string): object => {
  const { config } = parse(stackFile.replace("hello", () => page)) as {
    config: { "quadlet-fleet:sites": { www: object } };
  };
  return config["quadlet-fleet:sites"].www;
};

const configuration = (page: string, change: object = {}) => ({
  hosts: Object.fromEntries(
    fleet.hosts.map((host) => [nameOf(host), hostEntry(fleet, host, { labels: { role: "web" } })]),
  ),
  sites: {
    example1: { ...example1, hosts: { labels: { role: "web" } } },
    www: { ...www(page), ...change },
  },
});

before(() => {
  stack.configure(configuration("hello"));
});

/** The number of logins on each host during an action. */
async function logins(action: () => Promise<unknown>): Promise<number[]> {
  const count = async (host: TestHost) => (await loginsOf(host)).length;
  const before = await Promise.all(fleet.hosts.map(count));
  await action();
  const after = await Promise.all(fleet.hosts.map(count));
  return after.map((number, index) => number - (before[index] ?? 0));
}

const once = Array.from({ length: 10 }, () => 1);
const none = once.map(() => 0);

async function pages(hosts = fleet.hosts): Promise<Set<string>> {
  const bodies = await Promise.all(
    hosts.map(async (host) => (await get(fleet, `http://${host.address}/`)).body),
  );
  return new Set(bodies);
}

test("a first up: two sets on each of ten hosts by one connection a host", async () => {
  assert.deepEqual(await logins(() => stack.up()), once);
  assert.deepEqual([...(await pages())], ["hello\n"]);
});

test("an unchanged up, and a preview of a change, which README.md shows: no connection at all", async (t) => {
  assert.deepEqual(await logins(() => stack.up()), none);
  assert.deepEqual(await logins(() => stack.expectNoChanges()), none);
  stack.configure(configuration("hello, world"));
  const preview = async () => {
    assertShown(t, "changed-line.txt", withoutNoise(await stack.run(["preview", "--diff"])), inProduction);
  };
  assert.deepEqual(await logins(preview), none);
});

test("an address that nginx does not listen on: README.md shows how it is refused, with the line", async (t) => {
  const before = readFileSync(stack.file, "utf8");
  // The stack file has the same lines as README.md.
  writeFileSync(stack.file, stackFile.replace('"0.0.0.0:80"', '"0.0.0.0:8080"'));
  const refused = await stack.run(["preview", "--diff"], { check: false });
  writeFileSync(stack.file, before);
  assert.notEqual(refused.code, 0);
  assertShown(t, "refused-listen.txt", withoutNoise(refused), inProduction);
});

test("a change that the last host refuses: README.md shows how all others go back", async (t) => {
  const check = "/usr/local/bin/check-stock";
  const fails = "echo no answer from the stock service >&2; exit 1";
  await Promise.all(
    fleet.hosts.map((host, at) =>
      host.write(check, `#!/bin/sh\n${at === 9 ? fails : ""}\n`, { mode: "0755" }),
    ),
  );
  stack.configure(configuration("hello, world", { commands: { before: [{ command: [check] }] } }));
  const failed = await stack.up({ check: false });
  assert.notEqual(failed.code, 0);
  assertShown(t, "taken-back.txt", withoutNoise(failed), inProduction);
  assert.deepEqual([...(await pages())], ["hello\n"]);
});

test("one changed file on each: one connection a host", async () => {
  stack.configure(configuration("hello, world"));
  assert.deepEqual(await logins(() => stack.up()), once);
  await eventually(async () => assert.deepEqual([...(await pages())], ["hello, world\n"]));
});

test("another identity for the login changes nothing and touches no host", async () => {
  const changed = configuration("hello, world");
  for (const host of Object.values(changed.hosts)) Object.assign(host, { connectTimeout: 20, agent: false });
  stack.configure(changed);
  assert.deepEqual(await logins(() => stack.up()), none);
});

test("one is dead and one accepts and says nothing: with skip eight are done, and both are named", async (t) => {
  /** Runs an `up` to another page, and returns how many ms it takes. */
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
  // The kernel still accepts connections for a stopped daemon.
  await silent.run(["systemctl", "kill", "--kill-whom=main", "--signal=STOP", "ssh.service"]);
  const deadline = 5;
  try {
    const { code, stdout, stderr, took } = await timed("four", deadline);
    const said = stdout + stderr;
    t.diagnostic(`usually ${usual.took} ms; with a deadline of ${deadline} s ${took} ms`);
    assert.equal(code, 0, said);
    assert.match(
      said,
      new RegExp(`left out: (${nameOf(silent)}|web-\\[9-10\\]): no SSH connection within ${deadline} s`),
    );
    // The network may report it before the deadline.
    assert.match(
      said,
      new RegExp(`left out: ([^\n:]*, )?${nameOf(dead)}\\b.*no SSH connection|left out: web-\\[9-10\\]`),
    );
    assert.deepEqual(await pages(fleet.hosts.slice(0, 8)), new Set(["four\n"]));
    assert.match(await stack.preview(), /- pending: "web-\[9-10\]: unreachable"/);
    assert.ok(took < usual.took + 2 * deadline * 1000, "they were waited for one after the other");
  } finally {
    await dead.plug();
    await silent.run(["systemctl", "kill", "--kill-whom=main", "--signal=CONT", "ssh.service"]);
  }
  assert.deepEqual(await logins(() => stack.up()), [0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
  assert.deepEqual(await pages(), new Set(["four\n"]));
});

test("refresh and destroy: one connection a host", async () => {
  assert.deepEqual(await logins(() => stack.run(["refresh", "--yes", "--skip-preview"])), once);
  assert.deepEqual(await logins(() => stack.run(["destroy", "--yes", "--skip-preview"])), once);
});
