import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, before, test } from "node:test";
import type { TestHost } from "../../tools/fleet/index.ts";
import { ofSshd } from "./support/logins.ts";
import { openScene } from "./support/scene.ts";
import { example1, example2 } from "./support/stack.ts";

// A host that only ~/.ssh/config describes: its alias, account, port and keys, and two jump hosts on the way to it.

const { fleet, stack } = await openScene("sshconf", { hosts: 3 });
let [host, middle, front]: TestHost[] = [];
const home = mkdtempSync(join(tmpdir(), "quadlet-fleet-home-"));
const empty = mkdtempSync(join(tmpdir(), "quadlet-fleet-home-"));

before(async () => {
  [host, middle, front] = fleet.hosts;
  assert.ok(host && middle && front);
  await host.write("/etc/ssh/sshd_config.d/port.conf", "Port 22\nPort 2222\n");
  await host.run(["systemctl", "restart", "ssh.service"]);
  const known = join(home, "known hosts");
  writeFileSync(known, `[${host.address}]:2222 ${host.hostKey}\n`);
  mkdirSync(join(home, ".ssh"), { mode: 0o700 });
  write(`Host web
  HostName ${host.address}
  Port 2222
  User deploy
  ProxyJump test@front,middle
Host middle
  HostName ${middle.address}
  User test
Host front
  HostName ${front.address}
Host *
  IdentityFile ${fleet.identityFile}
  UserKnownHostsFile ${fleet.knownHostsFile} "${known}"
`);
  process.env.HOME = home;
});

after(() => {
  for (const directory of [home, empty]) rmSync(directory, { recursive: true });
});

function write(config: string, name = "config"): void {
  writeFileSync(join(home, ".ssh", name), config, { mode: 0o600 });
}

/** "ACCOUNT from ADDRESS" of each login since the last call. */
async function logins(machine: TestHost | undefined): Promise<string[]> {
  const argv = ["journalctl", ...ofSshd, "--output=cat", "--no-pager", "--cursor-file=/run/logins"];
  await machine?.run(["journalctl", "--sync"]);
  const { stdout } = (await machine?.run(argv)) ?? { stdout: "" };
  return [...stdout.matchAll(/^Accepted publickey for (\S+ from \S+)/gm)].map((match) => match[1] ?? "");
}

/** Two sites; `change` is for the first. */
function configure(connection: object, change: object = {}): void {
  const sites = { example1: { ...example1, ...change }, example2 };
  stack.configure({ hosts: { "web-1": connection }, sites });
}

test("an alias is enough: one login at each machine of the way, whatever number of sites", async () => {
  configure({ address: "web", sudo: true });
  await stack.up();
  assert.deepEqual(await logins(front), [`test from ${fleet.gateway}`]);
  assert.deepEqual(await logins(middle), [`test from ${front?.address}`]);
  assert.deepEqual(await logins(host), [`deploy from ${middle?.address}`]);
});

test("a preview needs no configuration, and nothing of it is in the state", async () => {
  process.env.HOME = empty;
  await stack.expectNoChanges();
  process.env.HOME = home;
  const { stdout } = await stack.run(["stack", "export"]);
  assert.match(stdout, /"where": \{\s+"web-1": "web"/);
  for (const part of [host?.address, "2222", "middle", fleet.identityFile])
    assert.ok(!stdout.includes(part ?? ""), part);
});

test("a field of the connection wins", async () => {
  configure({ address: "web", user: "root", port: 22, jump: { address: "front", user: "test" } });
  await stack.up();
  assert.deepEqual(await logins(middle), []);
  assert.deepEqual(await logins(host), [`root from ${front?.address}`]);
});

test("switched off, and another file in its place, by a path from the project", async () => {
  const change = { nginx: { "default.conf": "server { listen 8080; }" } };
  configure({ address: "web", sshConfig: false }, change);
  const { code, stdout } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  assert.match(
    stdout,
    /\(root@web:22\): the host key is not known: ~\/\.ssh\/known_hosts has none for this host/,
  );
  const file = join(home, ".ssh", "other");
  write(
    `Host web\n HostName ${host?.address}\n IdentityFile ${fleet.identityFile}\n UserKnownHostsFile ${fleet.knownHostsFile}\n`,
    "other",
  );
  configure({ address: "web", sshConfig: relative(process.cwd(), file) }, change);
  await stack.up();
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  assert.deepEqual(await logins(host), Array(2).fill(`root from ${fleet.gateway}`));
});

test("what can't be followed stops the login, and says so", async () => {
  write("Host web\n  ProxyCommand nc %h %p\n");
  configure({ address: "web" });
  const { code, stdout } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  assert.match(
    stdout,
    /\(root@web:22\): the ssh configuration has a ProxyCommand for it, which is not supported/,
  );
  assert.deepEqual(await logins(host), []);
});
