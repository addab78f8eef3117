import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { TestHost } from "../../tools/fleet/index.ts";
import { execute } from "../../tools/execute.ts";
import { logins } from "./support/logins.ts";
import { openScene } from "./support/scene.ts";
import { example1, example2, get, hostEntry, listing } from "./support/stack.ts";

// The ways to a host: logins, host keys, agents, jump hosts, and hosts that can't be reached.

const { fleet, stack } = await openScene("access", { hosts: 2 });
const [host, other] = fleet.hosts as [TestHost, TestHost];
const scratch = join(tmpdir(), `quadlet-fleet-access-${process.pid}`);

after(() => {
  rmSync(scratch, { force: true });
});

/** Runs an up, one request and a destroy. */
async function works(
  connection: object,
  site: object = example1,
  url = `http://${host.address}:8080/`,
): Promise<void> {
  stack.configure({ hosts: { "web-1": connection }, sites: { site } });
  await stack.up();
  assert.equal((await get(fleet, url)).status, 200);
  await stack.run(["destroy", "--yes", "--skip-preview"]);
}

/** Runs an up that fails, and returns its output. */
async function refused(connection: object, site: object = example1): Promise<string> {
  stack.configure({ hosts: { "web-1": connection }, sites: { site } });
  const untouched = await listing(host);
  const { code, stdout, stderr } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  assert.deepEqual(await listing(host), untouched, "the host was changed");
  return stdout + stderr;
}

test("the account's own login, without any root", async () => {
  await works(hostEntry(fleet, host, { user: "test" }));
});

test("root's own user manager: a site, and a change of its page", async () => {
  const site = (text: string) => ({
    ...example1,
    user: "root",
    nginx: { "default.conf": `server { listen 8080; location / { return 200 "${text}"; } }\n` },
  });
  const up = async (text: string) => {
    stack.configure({ hosts: { "web-1": hostEntry(fleet, host) }, sites: { site: site(text) } });
    await stack.up();
    assert.equal((await get(fleet, `http://${host.address}:8080/`)).body, text);
  };
  await up("one");
  await up("two");
  await stack.run(["destroy", "--yes", "--skip-preview"]);
});

test("another account with sudo, for a user's manager and for the system's", async () => {
  const entry = hostEntry(fleet, host, { user: "deploy", sudo: true });
  await works(entry);
  await works(entry, example2, `http://${host.address}/`);
});

test("sudo with a password, and with one that sudo does not ask for", async () => {
  await host.sh(
    "echo 'deploy:open sesame' | chpasswd; mkdir -p /root/sudoers; mv /etc/sudoers.d/* /root/sudoers/",
  );
  await host.write("/etc/sudoers.d/deploy", "deploy ALL=(ALL:ALL) ALL\n", { mode: "0440" });
  const entry = (password: string) => hostEntry(fleet, host, { user: "deploy", sudo: { password } });
  await works(entry("open sesame"));
  assert.match(
    await refused(entry("wrong")),
    /deploy@[\s\S]*the script ended with 1 while the session was opened/,
  );
  await host.run(["journalctl", "--sync"]);
  const { stdout: said } = await host.run([
    "journalctl",
    "--no-pager",
    "--output=cat",
    "SYSLOG_IDENTIFIER=sudo",
  ]);
  assert.match(said, /deploy : 1 incorrect password attempt/);
  assert.doesNotMatch(said, /[23] incorrect password attempts/);
  await host.sh("rm /etc/sudoers.d/deploy; mv /root/sudoers/* /etc/sudoers.d/; rmdir /root/sudoers");
  await works(entry("not needed"));
});

test("a login that is neither root nor the account says what to do", async () => {
  assert.match(
    await refused(hostEntry(fleet, host, { user: "deploy" })),
    /can't act for the account "test"[\s\S]*sudo to true/,
  );
  assert.match(
    await refused(hostEntry(fleet, host, { user: "test" }), example2),
    /the host's service manager needs root/,
  );
});

test("an account that does not exist", async () => {
  const text = await refused(hostEntry(fleet, host), { ...example1, user: "nobody-here" });
  assert.match(text, /there is no account "nobody-here"/);
  assert.match(text, /Nothing was changed/);
});

test("known hosts: plain, and with hashed names", async () => {
  await works(hostEntry(fleet, host, { hostKey: undefined, knownHostsFile: fleet.knownHostsFile }));
  const salt = randomBytes(20);
  const hash = createHmac("sha1", salt).update(host.address).digest("base64");
  writeFileSync(scratch, `|1|${salt.toString("base64")}|${hash} ${host.hostKey}\n`);
  await works(hostEntry(fleet, host, { hostKey: undefined, knownHostsFile: scratch }));
});

test("a host key that is not known, and one that differs: refused, with both fingerprints", async () => {
  writeFileSync(scratch, "");
  const unknown = await refused(hostEntry(fleet, host, { hostKey: undefined, knownHostsFile: scratch }));
  assert.match(unknown, /the host key is not known[\s\S]*ssh-keyscan/);
  const differs = await refused(hostEntry(fleet, host, { hostKey: other.hostKey }));
  assert.match(differs, /its host key is ssh-ed25519 SHA256:\S+, and hostKey has ssh-ed25519 SHA256:/);
});

test("a key that the host does not accept", async () => {
  await execute(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", scratch, "-y"], { check: false });
  rmSync(scratch, { force: true });
  await execute(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", scratch]);
  assert.match(
    await refused(hostEntry(fleet, host, { identityFile: scratch })),
    /the login was refused[\s\S]*authorized_keys/,
  );
  rmSync(`${scratch}.pub`);
});

test("a key by value with a passphrase, and an agent", async () => {
  rmSync(scratch, { force: true });
  writeFileSync(scratch, readFileSync(fleet.identityFile), { mode: 0o600 });
  await execute(["ssh-keygen", "-q", "-p", "-P", "", "-N", "sesame", "-f", scratch]);
  const privateKey = readFileSync(scratch, "utf8");
  await works(hostEntry(fleet, host, { identityFile: undefined, privateKey, passphrase: "sesame" }));
  assert.match(await refused(hostEntry(fleet, host, { identityFile: undefined, privateKey })), /passphrase/i);

  const socket = `${scratch}.agent`;
  const { stdout } = await execute(["ssh-agent", "-a", socket]);
  try {
    await execute(["ssh-add", "-q", fleet.identityFile], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
    await works(hostEntry(fleet, host, { identityFile: undefined, agent: socket }));
  } finally {
    process.kill(Number(/SSH_AGENT_PID=(\d+)/.exec(stdout)?.[1]));
  }
});

test("a jump host", async () => {
  stack.configure({
    hosts: { gate: hostEntry(fleet, other), "web-1": hostEntry(fleet, host, { jump: "gate" }) },
    sites: { example1 },
  });
  const since = await logins(host);
  await stack.up();
  const sources = (await logins(host)).slice(since.length);
  assert.equal(sources.length, 1);
  assert.equal(sources[0], other.address);
  await stack.run(["destroy", "--yes", "--skip-preview"]);
});

test("a host that is dead and one that accepts and says nothing fail by name within the time limit; the other is done", async () => {
  const silent = createServer(() => undefined).listen(0, fleet.gateway);
  await new Promise((resolve) => silent.once("listening", resolve));
  const { port } = silent.address() as { port: number };
  stack.configure({
    hosts: {
      "web-1": hostEntry(fleet, host),
      dead: hostEntry(fleet, host, { address: fleet.gateway.replace(/\.1$/, ".250"), connectTimeout: 3 }),
      silent: hostEntry(fleet, host, { address: fleet.gateway, port, connectTimeout: 3 }),
    },
    sites: {
      example2,
      second: { ...example2, hosts: ["dead"] },
      third: { ...example2, hosts: ["silent"] },
    },
  });
  const { code, stdout } = await stack.up({ check: false });
  silent.close();
  assert.notEqual(code, 0);
  // After our deadline, or when the network says that no host has the address: not after TCP's own time-out of minutes.
  assert.match(stdout, /dead \(root@\S+\.250:22\): no SSH connection( within 3 s|.*EHOSTUNREACH)/);
  assert.match(stdout, new RegExp(`silent \\(root@\\S+:${port}\\): no SSH connection within 3 s`));
  assert.equal((await get(fleet, `http://${host.address}/`)).status, 200);
});
