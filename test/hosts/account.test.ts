import assert from "node:assert/strict";
import { before, test } from "node:test";
import { eventually } from "./support/eventually.ts";
import { openScene } from "./support/scene.ts";
import {
  type FleetConfiguration,
  difference,
  example1,
  example3,
  example4,
  get,
  getNamed,
  listing,
} from "./support/stack.ts";

// createUser: accounts that a deploy makes, and that are removed with the last set that has asked for them.

const scene = await openScene("account");
const { fleet, host, stack } = scene;
let untouched: Map<string, string>;

before(async () => {
  untouched = await files();
});

const made = { user: "web", createUser: true };
const one = { ...example1, ...made };
const three = { ...example3, ...made };

async function up(components: Omit<FleetConfiguration, "hosts">): Promise<void> {
  scene.configure({ ...components });
  await stack.up();
}

const status = async (port: number) => (await get(fleet, `http://${host.address}:${port}/`)).status;

async function account(name: string): Promise<string> {
  return (await host.run(["getent", "passwd", name], { check: false })).stdout.trim();
}

/** The lines of a file that begin with an account's name. */
async function linesOf(file: string, name: string): Promise<string[]> {
  return (await host.read(file)).split("\n").filter((line) => line.startsWith(`${name}:`));
}

/** The files of the host, without useradd(8)'s backup copies and its lock. */
async function files(): Promise<Map<string, string>> {
  const own = /^\/etc\/((passwd|shadow|group|gshadow|subuid|subgid)-|\.pwd\.lock)$/;
  return new Map([...(await listing(host))].filter(([path]) => !own.test(path)));
}

async function isGone(name: string): Promise<void> {
  assert.equal(await account(name), "");
  assert.deepEqual(await linesOf("/etc/subuid", name), []);
  assert.deepEqual(await linesOf("/etc/subgid", name), []);
  assert.deepEqual(difference(untouched, await files()), []);
}

test("without createUser an account that is not there is an error", async () => {
  scene.configure({ sites: { example1: { ...one, createUser: false } } });
  const { code, stdout } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  assert.match(stdout, /"web"[\s\S]*createUser/);
  await isGone("web");
});

test("with it the account is made: a home, subordinate ids, no login shell; and the site serves", async () => {
  await up({ sites: { example1: one } });
  assert.match(await account("web"), /:\/home\/web:\/usr\/sbin\/nologin$/);
  assert.match((await linesOf("/etc/subuid", "web")).join(), /^web:\d+:65536$/);
  assert.match((await linesOf("/etc/subgid", "web")).join(), /^web:\d+:65536$/);
  assert.equal(await status(8080), 200);
  await stack.expectNoChanges();
  const refreshed = await stack.run(["refresh", "--yes", "--diff", "--expect-no-changes"]);
  assert.match(refreshed.stdout, /unchanged/);
});

test("of two sets in two managers that share it, the last one takes it away", async () => {
  await up({ sites: { example1: one, example3: three } });
  assert.deepEqual([await status(8080), await status(81)], [200, 200]);
  await up({ sites: { example3: three } });
  assert.deepEqual([await status(8080), await status(81)], [0, 200]);
  assert.notEqual(await account("web"), "");
  await stack.expectNoChanges();
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  await isGone("web");
});

test("destroyed together, too", async () => {
  await up({ sites: { example1: one, example3: three } });
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  await isGone("web");
});

test("an account that was there before is never removed", async () => {
  await up({ sites: { example1: { ...one, user: "test" }, example3: { ...three, user: "test" } } });
  const before = await account("test");
  assert.match(before, /\/bin\/bash$/);
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  assert.equal(await account("test"), before);
  assert.equal((await host.sh("ls -a ~test/.bashrc")).stdout, "/home/test/.bashrc\n");
  assert.deepEqual(difference(untouched, await files()), []);
});

test("Example 4 with an account of its own, which is there after a power loss and gone after a destroy", async () => {
  await up({ proxies: { example4: { ...example4, ...made } } });
  await stack.expectNoChanges();
  await host.powerLoss();
  await host.boot();
  assert.equal((await getNamed(fleet, host, "apache.example.com")).status, 200);
  assert.equal((await getNamed(fleet, host, "caddy.example.com")).status, 200);
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  await isGone("web");
});

test("a first deploy that fails takes its account back", async () => {
  scene.configure({ sites: { example1: { ...one, image: "docker.io/library/nginx:nope" } } });
  assert.notEqual((await stack.up({ check: false })).code, 0);
  // The host goes on by itself: the command does not wait for it after a failure.
  await eventually(async () => assert.equal(await account("web"), ""));
  await isGone("web");
});

test("a first deploy that can't be, with the account of another set: the account still goes with that one", async () => {
  await up({ sites: { example3: three } });
  await host.write("/home/web/.config/quadlet-fleet/example1/conf.d/default.conf", "", { user: "web" });
  scene.configure({ sites: { example1: one, example3: three } });
  const { code, stdout } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  assert.match(stdout, /exists and does not belong to this resource/);
  assert.equal(await status(81), 200);
  await up({ sites: { example3: three } });
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  await isGone("web");
});

test("an account that somebody has removed is made again", async () => {
  await up({ sites: { example1: one } });
  const uid = (await host.run(["id", "-u", "web"])).stdout.trim();
  await host.run(["loginctl", "disable-linger", "web"]);
  await host.run(["systemctl", "stop", `user@${uid}.service`], { timeoutMs: 120_000 });
  await host.run(["userdel", "--remove", "web"]);
  await stack.run(["refresh", "--yes"]);
  await stack.up();
  assert.equal(await status(8080), 200);
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  await isGone("web");
});

test("the same for a set of the host's own manager: a refresh finds that the account is gone", async () => {
  await up({ sites: { example3: three } });
  const uid = (await host.run(["id", "-u", "web"])).stdout.trim();
  await host.run(["systemctl", "stop", "example3.service", "example3.socket"]);
  await host.run(["loginctl", "disable-linger", "web"], { check: false });
  await host.run(["systemctl", "stop", `user@${uid}.service`], { timeoutMs: 120_000 });
  await host.run(["userdel", "--remove", "web"]);
  const drift = ["refresh", "--preview-only", "--expect-no-changes", "--diff"];
  const found = await stack.run(drift, { check: false });
  assert.equal(found.code, 7);
  assert.match(found.stdout, /\+ drift: {\s+\+ "?web-1"?\s*: "no account: web"/);
  await stack.run(["refresh", "--yes", "--skip-preview"]);
  assert.match(await stack.preview(), /- drift: {\s+- "?web-1"?\s*: "no account: web"/);
  await stack.up();
  assert.equal(await status(81), 200);
  assert.equal((await stack.run(drift, { check: false })).code, 0);
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  await isGone("web");
});

test("a session that is refused removes no account, neither one that was there before nor one with a set", async () => {
  await up({ sites: { example3: three } });
  for (const [user, createUser] of [
    ["test", false],
    ["web", true],
  ] as const) {
    await host.run(["sh", "-c", "echo precious >~/data"], { user });
    const uid = (await host.run(["id", "-u", user])).stdout.trim();
    const manager = `user@${uid}.service`;
    const before = await account(user);
    // The manager of this account can't run. The set of Example 3 would delay the end of the manager by 90 s.
    if (createUser) await host.run(["systemctl", "stop", "example3.socket", "example3.service"]);
    await host.run(["systemctl", "mask", "--runtime", manager]);
    await host.run(["systemctl", "stop", manager, `user-runtime-dir@${uid}.service`], { timeoutMs: 120_000 });
    try {
      scene.configure({ sites: { example1: { ...one, user, createUser }, example3: three } });
      const { code, stdout } = await stack.up({ check: false });
      assert.notEqual(code, 0);
      assert.match(stdout, new RegExp(`the service manager of "${user}" does not run`));
      assert.equal(await account(user), before);
      assert.equal(await host.read(`/home/${user}/data`), "precious\n");
    } finally {
      await host.run(["systemctl", "unmask", "--runtime", manager]);
      await host.run(["systemctl", "start", manager]);
    }
    await host.run(["rm", `/home/${user}/data`]);
  }
  await up({ sites: { example3: three } });
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  await isGone("web");
});
