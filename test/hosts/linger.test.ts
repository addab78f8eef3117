import assert from "node:assert/strict";
import { before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "./support/eventually.ts";
import { hold, kill } from "./support/hold.ts";
import { openScene } from "./support/scene.ts";
import { example1, example3, get } from "./support/stack.ts";

// If a first deploy has switched lingering on (loginctl(1)), it ends with the set, however the deploy ended. Lingering from before stays.

const scene = await openScene("linger", { linger: false });
const { fleet, host, stack } = scene;
const sites = {
  example1: { example: example1, port: 8080, manager: "user" },
  example3: { example: example3, port: 81, manager: "system" },
} as const;
type Site = keyof typeof sites;

before(async () => {
  // The default is 10 s, and each test would wait for it several times (logind.conf(5)). Other files with linger: false keep the default.
  await host.write("/etc/systemd/logind.conf.d/soon.conf", "[Login]\nUserStopDelaySec=1s\n");
  await host.run(["systemctl", "restart", "systemd-logind"]);
});

beforeEach(async () => {
  await host.run(["loginctl", "disable-linger", "test"]);
});

async function lingers(): Promise<boolean> {
  const { stdout } = await host.run(["ls", "/var/lib/systemd/linger"]);
  return stdout.split("\n").includes("test");
}

/** The accounts that have the lock of the account's lingering open: if the account itself had it, it could keep it. */
async function haveLock(): Promise<string[]> {
  const find = "find /proc/[0-9]*/fd -lname '/run/quadlet-fleet-linger-*' -printf '%u\\n' 2>/dev/null";
  const { stdout } = await host.sh(`${find} | sort -u`);
  return stdout.trim().split("\n");
}

function configure(site?: Site, change: object = {}): void {
  const entries = site === undefined ? {} : { [site]: { ...sites[site].example, ...change } };
  scene.configure({ sites: entries });
}

const destroy = () => stack.run(["destroy", "--yes", "--skip-preview"]);

/** enter.sh may still be at work when the engine has gone; and a session that starts while the account's manager ends would wait for it. */
async function endsLingering(): Promise<void> {
  await eventually(async () => assert.equal(await lingers(), false));
  for (let tries = 600; tries > 0 && (await managerRuns()); tries -= 1) await sleep(200);
}

async function managerRuns(): Promise<boolean> {
  const { stdout } = await host.run(["systemctl", "is-active", "user@1000.service"], { check: false });
  return !["inactive", "failed"].includes(stdout.trim());
}

for (const site of Object.keys(sites) as Site[]) {
  const { manager, port } = sites[site];
  /** A first deploy that is killed at a line of its journal; -1: its script has just started; 0: the journal has just been made. */
  const killed = (at: number) =>
    hold(stack, "linger", { host, manager, set: site, at }, async (cgroup) => {
      assert.deepEqual(await haveLock(), ["root"]);
      kill(cgroup);
    });

  test(`${site}: a deploy that fails, and one that is destroyed`, async () => {
    configure(site, { image: "docker.io/library/nginx:nope" });
    assert.notEqual((await stack.up({ check: false })).code, 0);
    await endsLingering();
    configure(site);
    await stack.up();
    assert.equal(await lingers(), true);
    await destroy();
    await endsLingering();
  });

  // Each end is tested after both moments, and each moment in both managers, but not all combinations.
  const [first, second] = manager === "user" ? [-1, 0] : [0, -1];

  test(`${site}: killed at ${first}, and then destroyed`, async (t) => {
    configure(site);
    assert.notEqual((await killed(first)).code, 0);
    t.diagnostic(`lingers after the kill: ${await lingers()}`);
    await destroy();
    await endsLingering();
  });

  test(`${site}: killed at ${second}, deployed, and then destroyed`, async () => {
    configure(site);
    assert.notEqual((await killed(second)).code, 0);
    await stack.up();
    assert.equal((await get(fleet, `http://${host.address}:${port}/`)).status, 200);
    assert.equal(await lingers(), true);
    await destroy();
    await endsLingering();
  });

  test(`${site}: killed at ${first}, and rolled back by a next up that fails as well`, async () => {
    configure(site);
    assert.notEqual((await killed(first)).code, 0);
    configure(site, { image: "docker.io/library/nginx:nope" });
    assert.notEqual((await stack.up({ check: false })).code, 0);
    await endsLingering();
  });

  test(`${site}: a power loss once it has made its journal, and then destroyed`, async (t) => {
    configure(site);
    await hold(stack, "linger", { host, manager, set: site, at: 0 }, async () => {
      await host.powerLoss();
      await host.boot();
    });
    t.diagnostic(`lingers after the boot: ${await lingers()}`);
    await stack.up();
    await destroy();
    await endsLingering();
  });

  test(`${site}: lingering that was there before stays, whatever happens to a deploy`, async () => {
    await host.run(["loginctl", "enable-linger", "test"]);
    try {
      configure(site);
      await killed(2);
      assert.equal(await lingers(), true);
      await stack.up();
      await destroy();
      await sleep(2000);
      assert.equal(await lingers(), true);
    } finally {
      await host.run(["loginctl", "disable-linger", "test"]);
    }
  });
}

test("a set that is refused leaves the lingering to another one of the account that comes at the same time", async (t) => {
  await host.run([
    "systemd-run",
    "--quiet",
    "--unit=squatter",
    "systemd-socket-activate",
    "--listen=0.0.0.0:81",
    "cat",
  ]);
  try {
    for (let round = 0; round < 2; round += 1) {
      scene.configure({ sites: { example1, example3 } });
      const { code, stdout } = await stack.up({ check: false });
      assert.notEqual(code, 0);
      assert.match(stdout, /example3\.socket: 0\.0\.0\.0:81 is taken/);
      t.diagnostic(stdout.match(/example1 (created|\*\*creating failed\*\*)/)?.[0] ?? "");
      // Longer than logind waits before it ends an account that is not used.
      await sleep(3000);
      assert.equal((await get(fleet, `http://${host.address}:8080/`)).status, 200);
      assert.equal(await lingers(), true);
      await destroy();
      await endsLingering();
    }
  } finally {
    await host.run(["systemctl", "stop", "squatter"]);
  }
});
