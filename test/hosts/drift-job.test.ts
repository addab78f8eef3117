import assert from "node:assert/strict";
import { copyFileSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { TestHost } from "../../tools/fleet/index.ts";
import { hold } from "./support/hold.ts";
import { logins } from "./support/logins.ts";
import { openScene } from "./support/scene.ts";
import { example2, get, hostEntry } from "./support/stack.ts";

// What a refresh reports about hosts that it can't look at, and what the next `up` does: docs/drift.md. Its table is read here.

const { fleet, stack } = await openScene("drift", { hosts: 2 });
const [one, two] = fleet.hosts as [TestHost, TestHost];
const key = join(tmpdir(), `quadlet-fleet-drift-${process.pid}`);

const serves = (page: string) => ({
  "default.conf": `server { listen 80; location / { return 200 "${page}"; } }\n`,
});

function configure(sites: Record<string, object> = {}): void {
  stack.configure({
    hosts: {
      "web-1": hostEntry(fleet, one, { identityFile: key }),
      "web-2": hostEntry(fleet, two),
    },
    sites: { example2: { ...example2, hosts: ["web-1", "web-2"], nginx: serves("one") }, ...sites },
  });
}

before(async () => {
  copyFileSync(fleet.identityFile, key);
  // sshd refuses an address with many failed logins for a while, and the host would be taken for unreachable (sshd_config(5)).
  await one.write("/etc/ssh/sshd_config.d/penalties.conf", "PerSourcePenalties no\n");
  await one.run(["systemctl", "restart", "ssh"]);
  configure();
  await stack.up();
});

after(() => {
  rmSync(key, { force: true });
});

const drift = ["refresh", "--preview-only", "--expect-no-changes"];
const refresh = ["refresh", "--yes", "--skip-preview"];
const upRefresh = ["up", "--refresh", "--yes", "--skip-preview"];

/** The exit statuses that docs/drift.md gives for a situation: of the job, of `refresh` and of `up --refresh`. */
function documented(situation: string): [number, number, number] {
  const page = readFileSync(join(import.meta.dirname, "../../docs/drift.md"), "utf8");
  const rows = page.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  const row = rows.find((cells) => cells[1] === situation);
  assert.ok(row, `docs/drift.md has no row "${situation}"`);
  return row.slice(2, 5).map((cell) => Number.parseInt(cell, 10)) as [number, number, number];
}

/** The exit status and all output. */
async function run(argv: readonly string[]): Promise<{ code: number; said: string }> {
  const { code, stdout, stderr } = await stack.run(argv, { check: false });
  return { code, said: stdout + stderr };
}

/** The outputs and errors of the set in the state. */
async function stateOfOne(): Promise<{ outputs: Record<string, unknown>; initErrors?: string[] }> {
  const { stdout } = await stack.run(["stack", "export"]);
  const { deployment } = JSON.parse(stdout) as {
    deployment: { resources: { urn: string; outputs: Record<string, unknown>; initErrors?: string[] }[] };
  };
  const found = deployment.resources.find(({ urn }) => urn.endsWith("UnitSet::example2"));
  assert.ok(found);
  const { outputs, initErrors } = found;
  return { outputs, initErrors };
}

/** An `up` and its preview find nothing to do, and log in nowhere. */
async function upDoesNothing(): Promise<void> {
  const since = [await logins(one), await logins(two)];
  const { stdout } = await stack.run(["up", "--yes", "--expect-no-changes"]);
  assert.equal([...stdout.matchAll(/3 unchanged/g)].length, 2, stdout);
  assert.doesNotMatch(stdout, /updated/);
  assert.deepEqual([await logins(one), await logins(two)], since);
}

test("nothing differs", async () => {
  const expected = documented("nothing differs");
  assert.deepEqual(expected, [0, 0, 0]);
  for (const [index, argv] of [drift, refresh, upRefresh].entries()) {
    const { code, said } = await run(argv);
    assert.equal(code, expected[index]);
    assert.match(said, /3 unchanged/);
  }
  assert.equal("unseen" in (await stateOfOne()).outputs, false);
  await upDoesNothing();
});

test("something differs: the job fails by another status than an error, and `up` knows it after a refresh only", async () => {
  const expected = documented("something differs on a host");
  const byHand = () => two.sh("echo '# by hand' >>/etc/containers/systemd/example2.container");
  const isRepaired = async () =>
    assert.doesNotMatch(await two.read("/etc/containers/systemd/example2.container"), /by hand/);
  await byHand();
  const found = await run(drift);
  assert.equal(found.code, expected[0]);
  assert.match(found.said, /UnitSet example2 update \[diff: \+drift\]/);
  await upDoesNothing();
  assert.equal((await run(refresh)).code, expected[1]);
  // A second look forgets nothing.
  assert.equal((await run(drift)).code, expected[0]);
  assert.match(
    await stack.preview(),
    new RegExp(`- drift: {\\s+- "?web-2"?\\s*: "[^"]*edited: /etc/containers/systemd/example2\\.container"`),
  );
  assert.equal((await stack.run(["preview", "--expect-no-changes"], { check: false })).code, 7);
  await stack.up();
  await isRepaired();
  await byHand();
  assert.equal((await run(upRefresh)).code, expected[2]);
  await isRepaired();
  assert.deepEqual(expected, [7, 0, 0]);
});

/** Runs an action while nothing listens on the SSH port of these hosts, so that a login fails at once. */
async function unreachable(hosts: readonly TestHost[], action: () => Promise<void>): Promise<void> {
  const daemon = (verb: string) => Promise.all(hosts.map((host) => host.run(["systemctl", verb, "ssh"])));
  await daemon("stop");
  try {
    await action();
  } finally {
    await daemon("start");
  }
}

test("a host is unreachable: named and never unchanged, the others are looked at, and `up` leaves it alone", async () => {
  const expected = documented("a host is unreachable, another answers");
  assert.deepEqual(expected, [7, 0, 0]);
  await two.sh("chmod 600 /etc/systemd/system/example2.socket");
  await unreachable([one], async () => {
    const since = (await logins(two)).length;
    // The second time the notes are in the state.
    for (const time of ["first", "second"]) {
      const { code, said } = await run(drift);
      assert.equal(code, expected[0]);
      assert.match(said, /UnitSet example2 update \[diff: \+drift,unseen\]/, time);
      assert.match(said, new RegExp(`warning: web-1: no SSH connection: .*${one.address}:22`));
      const kept = await run(refresh);
      assert.equal(kept.code, expected[1]);
      assert.match(kept.said, /example2 updated .*unseen/);
    }
    assert.equal((await logins(two)).length, since + 4);
    const { outputs, initErrors } = await stateOfOne();
    assert.match(String(outputs.unseen), /^web-1: no SSH connection: /);
    assert.equal(initErrors, undefined);
    assert.match((await stack.up()).stdout, /1 updated[^]*2 unchanged/);
    await upDoesNothing();
    const { code, said } = await run(upRefresh);
    assert.equal(code, expected[2]);
    assert.match(said, /example2 refresh .*\+unseen/);
    assert.match(said, /3 unchanged/);
    assert.doesNotMatch(said, /updated/);
  });
  assert.equal((await run(drift)).code, 0);
  await run(refresh);
  assert.equal("unseen" in (await stateOfOne()).outputs, false);
  await upDoesNothing();
});

/** A situation in which web-1 or all hosts can't be looked at: each command fails, and there is no other effect. */
async function isAnError(situation: string, ...messages: RegExp[]): Promise<void> {
  const expected = documented(situation);
  assert.deepEqual(expected, [1, 1, 1]);
  const state = await stateOfOne();
  for (const [index, argv] of [drift, refresh, upRefresh].entries()) {
    const { code, said } = await run(argv);
    assert.equal(code, expected[index], argv.join(" "));
    for (const message of messages) assert.match(said, message);
    assert.match(said, /The refresh could not look at it, so the run fails/);
    assert.doesNotMatch(said, /passed this host over/);
  }
  assert.notEqual((await run(["destroy", "--refresh", "--yes", "--skip-preview"])).code, 0);
  for (const host of [one, two])
    assert.equal((await host.run(["systemctl", "is-active", "example2.socket"])).stdout, "active\n");
  assert.deepEqual(await stateOfOne(), state);
  await upDoesNothing();
}

test("no host answers", async () => {
  await unreachable([one, two], () =>
    isAnError(
      "no host answers",
      new RegExp(`web-1: no SSH connection: .*${one.address}:22`),
      new RegExp(`web-2: no SSH connection: .*${two.address}:22`),
      /No host answered in this run/,
    ),
  );
});

test("the key file is missing", async () => {
  rmSync(key);
  try {
    await isAnError("the key file is missing", new RegExp(key));
  } finally {
    copyFileSync(fleet.identityFile, key);
  }
});

test("the host shows another host key", async () => {
  const file = "/etc/ssh/ssh_host_ed25519_key";
  await one.sh(
    `mv ${file} /root/kept && ssh-keygen -q -t ed25519 -N '' -f ${file} </dev/null && systemctl restart ssh`,
  );
  try {
    await isAnError("the host shows another host key", /its host key is ssh-ed25519 SHA256:/);
  } finally {
    await one.sh(`mv /root/kept ${file} && ssh-keygen -y -f ${file} >${file}.pub && systemctl restart ssh`);
  }
});

test("the host refuses the login", async () => {
  await one.sh("mv /root/.ssh/authorized_keys /root/kept");
  try {
    await isAnError("the host refuses the login", /the login was refused/);
  } finally {
    await one.sh("mv /root/kept /root/.ssh/authorized_keys");
  }
  assert.equal((await run(drift)).code, 0);
});

test("an `up` that broke off is finished by the next one, also where a refresh in between could not reach the host", async () => {
  const late = {
    ...example2,
    listen: ["0.0.0.0:84"],
    nginx: { "default.conf": serves("late")["default.conf"].replace("80", "84") },
  };
  configure({ late: { ...late, verify: { status: 418 } } });
  const directory = "/etc/quadlet-fleet/late/conf.d";
  // At line 9 all files are in their places. A read-only directory can't be rolled back.
  const cut = { host: one, manager: "system", set: "late", at: 9 } as const;
  const { code, saw } = await hold(stack, "drift", cut, async () => {
    await one.sh(`mount --bind ${directory} ${directory}; mount -o remount,bind,ro ${directory}`);
  });
  assert.notEqual(code, 0);
  assert.match(saw, /The rollback is not complete/);
  await one.unplug();
  try {
    const { code, said } = await run(refresh);
    assert.equal(code, 0);
    assert.match(said, /warning: web-1: no SSH connection/);
  } finally {
    await one.plug();
  }
  await one.run(["umount", directory]);
  configure({ late });
  const pending = /- pending\s*: "web-1: could not be reverted completely: asking 0\.0\.0\.0:84\/ failed: /;
  assert.match(await stack.preview(), pending);
  await stack.up();
  assert.equal((await get(fleet, `http://${one.address}:84/`)).body, "late");
  assert.equal((await run(drift)).code, 0);
});
