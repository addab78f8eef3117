import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { type Fleet, type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { eventually } from "./support/eventually.ts";
import { freezer } from "./support/freezer.ts";
import { kill } from "./support/hold.ts";
import { type Stack, example2, failedUnits, get, hostEntry, makeStack } from "./support/stack.ts";

// Two stacks deploy to one host at the same time, each its own site of the system's manager: their transactions overlap, and wait for each
// other only for moments. If two runs work on one set, the second one is told which run is busy with it, and tries again.

let fleet: Fleet;
let host: TestHost;
let first: Stack;
let second: Stack;
let page = 0;

before(async () => {
  fleet = await createFleet({ name: "contend", hosts: 1 });
  host = fleet.hosts[0] as TestHost;
  first = await makeStack("test-contend-1");
  second = await makeStack("test-contend-2");
});

after(async () => {
  await first[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
  await fleet.dispose();
});

/** Another page for both sites, by a restart. */
function configure(): void {
  page += 1;
  for (const [stack, name, port] of [
    [first, "one", 81],
    [second, "two", 82],
  ] as const) {
    const nginx = {
      "default.conf": `server { listen ${port}; location / { return 200 "${name} ${page}"; } }\n`,
    };
    stack.configure({
      hosts: { "web-1": hostEntry(fleet, host) },
      sites: {
        [name]: { ...example2, listen: [`0.0.0.0:${port}`], nginx, environment: { PAGE: String(page) } },
      },
    });
  }
}

/** Both sites are as they should be, and nothing is left to do. */
async function settled(): Promise<void> {
  for (const [name, port] of [
    ["one", 81],
    ["two", 82],
  ] as const) {
    const answer = async () => (await get(fleet, `http://${host.address}:${port}/`)).body;
    await eventually(async () => assert.equal(await answer(), `${name} ${page}`));
  }
  assert.deepEqual(await failedUnits(host), []);
  assert.deepEqual(await transactions(), []);
  await Promise.all([first.expectNoChanges(), second.expectNoChanges()]);
}

async function transactions(): Promise<string[]> {
  const list = ["list-units", "--plain", "--no-legend", "--state=running", "quadlet-fleet-*"];
  const { stdout } = await host.run(["systemctl", ...list]);
  return stdout.split("\n").filter((line) => line !== "");
}

/**
 * Whether a transaction waits for the manager's lock (proc_locks(5)). This reads the list of this machine: the host's own list leaves out
 * locks whose process has ended, and here flock(1) has ended after it took the lock for its caller.
 */
async function isWaiting(): Promise<boolean> {
  const { stdout } = await host.run(["stat", "--format=%d %i", "/run/quadlet-fleet.lock"]);
  const [device = 0, inode] = stdout.trim().split(" ").map(Number);
  const hexadecimal = (number: number) => number.toString(16).padStart(2, "0");
  const file = `${hexadecimal(device >> 8)}:${hexadecimal(device & 255)}:${inode}`;
  return readFileSync("/proc/locks", "utf8")
    .split("\n")
    .some((line) => line.includes("-> FLOCK") && line.includes(` ${file} `));
}

/** Stops the transaction of the first stack in the middle, and then starts the second stack's. */
async function collide(use: (cgroup: string) => void) {
  configure();
  const freeze = freezer("contend", [{ host, manager: "system", set: "one", at: 1 }]);
  const one = first.up({ check: false });
  void one.then(() => freeze.stop());
  const [outcome] = await freeze.outcomes;
  assert.ok(outcome?.frozen, "the first transaction was not caught");
  let ended = false;
  const two = second.up({ check: false }).finally(() => (ended = true));
  try {
    // The first one was most likely stopped while it had the lock. If not, the second one ends soon.
    await eventually(async () => assert.ok(ended || (await isWaiting())));
    use(outcome.cgroup ?? "");
  } finally {
    freeze.thaw();
  }
  return await Promise.all([one, two]);
}

test("two first ups at once: both end well", async (t) => {
  configure();
  const started = Date.now();
  await Promise.all([first.up(), second.up()]);
  t.diagnostic(`both in ${Date.now() - started} ms`);
  await settled();
});

test("one is in the middle of a restart: the other one is done before it", async () => {
  configure();
  const dropIn = "/etc/systemd/system/one.service.d/slow.conf";
  await host.write(
    dropIn,
    "[Service]\nExecStartPre=sh -c 'while [ -e /run/slow ]; do sleep 0.1; done'\nTimeoutStartSec=infinity\n",
  );
  await host.sh("touch /run/slow; systemctl daemon-reload");
  let ended = false;
  const one = first.up({ check: false }).finally(() => (ended = true));
  try {
    const isStarting = async () => {
      const { stdout } = await host.run([
        "systemctl",
        "show",
        "--property=SubState",
        "--value",
        "one.service",
      ]);
      assert.equal(stdout, "start-pre\n");
    };
    await eventually(isStarting);
    await second.up();
    assert.equal((await get(fleet, `http://${host.address}:82/`)).body, `two ${page}`);
    assert.equal(ended, false);
    await isStarting();
  } finally {
    await host.sh(`rm -r /run/slow ${dropIn}; systemctl daemon-reload`);
  }
  const { code, stdout, stderr } = await one;
  assert.equal(code, 0, stdout + stderr);
  await first.up();
  await settled();
});

test("another session is at work on the set: it is said who, nothing is changed, and it is done when that has ended", async () => {
  configure();
  const lock = "/run/quadlet-fleet-lock.two";
  await host.sh(
    `systemd-run --quiet --unit=holder flock ${lock} sh -c 'printf %s "alice@laptop, since noon" >${lock}; sleep 300'`,
  );
  let ended = false;
  const two = second.up({ check: false }).finally(() => (ended = true));
  const tried = async () =>
    (await host.run(["journalctl", "--quiet", "--identifier=systemd", "--grep=Started.*quadlet-fleet: two"]))
      .stdout;
  const before = await tried().catch(() => "");
  // The second run tries again and again.
  for (let seen = before, times = 0; times < 2; times += 1)
    await eventually(async () => {
      const now = await tried();
      assert.notEqual(now, seen);
      seen = now;
    });
  assert.equal(ended, false);
  assert.notEqual((await get(fleet, `http://${host.address}:82/`)).body, `two ${page}`);
  await host.run(["systemctl", "stop", "holder"]);
  const { code, stdout, stderr } = await two;
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /busy with the set "two" \(alice@laptop, since noon\); trying again/);
  await first.up();
  await settled();
});

test("the one in the middle crashes: its lock is gone with it, and its next up does the rest", async () => {
  const [one, two] = await collide(kill);
  assert.notEqual(one.code, 0, "a transaction that was killed is no success");
  assert.equal(two.code, 0, two.stdout + two.stderr);
  await first.up();
  await settled();
});

test("three times both at once", async (t) => {
  for (let round = 1; round <= 3; round += 1) {
    configure();
    const started = Date.now();
    await Promise.all([first.up(), second.up()]);
    t.diagnostic(`both in ${Date.now() - started} ms`);
    await settled();
  }
});
