import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Pool } from "../../host/ssh/pool.ts";
import type { Target } from "../../host/ssh/endpoint.ts";
import { HostError } from "../../host/errors.ts";
import type { Desired } from "../../host/desired.ts";
import { observe } from "../../host/transaction/observe.ts";
import { silent } from "../../host/transaction/progress.ts";
import type { TestHost } from "../../tools/fleet/index.ts";
import { Keyring } from "../unit/ssh-keys.ts";
import { sshdLog } from "./support/logins.ts";
import { eventually } from "./support/eventually.ts";
import { openScene } from "./support/scene.ts";
import { example1, example2, get } from "./support/stack.ts";

// Keys, agents and the limits of a hardened sshd, with the sshd of a real host.

const scene = await openScene("logins", { hosts: 2 });
const { fleet, stack } = scene;
const [host, gate] = fleet.hosts as [TestHost, TestHost];
let ring: Keyring;
const home = process.env.HOME;
const settings = "/etc/ssh/sshd_config.d/00-test.conf";

before(async () => {
  ring = new Keyring();
  process.env.HOME = home;
  // The tests make refused logins, and sshd would bar this machine for them (sshd_config(5), PerSourcePenalties).
  for (const one of [host, gate]) await configure(one);
});

after(() => {
  ring[Symbol.dispose]();
});

async function configure(machine: TestHost, ...lines: string[]): Promise<void> {
  // For each keyword the first line counts.
  await machine.write(settings, `${[...lines, "PerSourcePenalties no"].join("\n")}\n`);
  // Without the reset systemd soon stops it: five starts in ten seconds.
  await machine.sh("systemctl reset-failed ssh.service; systemctl restart ssh.service");
}

const target = (change: Partial<Target> = {}): Target => ({
  address: host.address,
  hostKey: host.hostKey,
  connectTimeout: 60,
  ...change,
});

/** Logs in with the ring's home directory and an agent, runs a command, and returns the key that sshd has accepted. */
async function logIn(change: Partial<Target> = {}, agent?: string): Promise<string> {
  const environment = { ...process.env };
  const before = (await accepted()).length;
  Object.assign(process.env, { HOME: ring.home }, agent === undefined ? {} : { SSH_AUTH_SOCK: agent });
  try {
    const connection = await new Pool().connect(target(change));
    const channel = await connection.run(["true"]);
    // The channel ends only when its output is read to the end.
    channel.onStdout(() => undefined);
    assert.equal((await channel.ended).code, 0);
    connection.close();
  } finally {
    process.env.HOME = environment.HOME;
    delete process.env.SSH_AUTH_SOCK;
  }
  // The journal may have the line a moment later.
  return await eventually(async () => {
    const keys = await accepted();
    assert.equal(keys.length, before + 1);
    return keys.at(-1) ?? "";
  });
}

/** The keys of all logins so far. */
async function accepted(): Promise<string[]> {
  const lines = (await sshdLog(host)).matchAll(
    /^Accepted publickey for root from \S+ port \S+ ssh2: \S+ (SHA256:\S+)$/gm,
  );
  return [...lines].map(([, key = ""]) => key);
}

async function refused(change: Partial<Target> = {}, agent?: string): Promise<HostError> {
  const thrown = await logIn(change, agent).catch((error: unknown) => error);
  assert.ok(thrown instanceof HostError, String(thrown));
  return thrown;
}

async function allow(...names: string[]): Promise<void> {
  const keys = names.map((name) => readFileSync(ring.path(`${name}.pub`), "utf8"));
  const own = readFileSync(`${fleet.identityFile}.pub`, "utf8");
  await host.write("/root/.ssh/authorized_keys", [own, ...keys].join(""), { mode: "0600" });
}

const print = (key: string) => key.split(" ")[1] ?? "";

test("an agent with other keys, an empty one and a stale one: a default file logs in, as with ssh(1)", async () => {
  const key = ring.make(".ssh/id_ed25519");
  ring.make("other");
  await allow(".ssh/id_ed25519");
  for (const agent of [
    ring.agent("other.sock", ["other"]),
    ring.agent("empty.sock", []),
    ring.path("gone.sock"),
  ])
    assert.equal(await logIn({}, agent), print(key));
});

test("keys in PKCS#8, of each type, and one of the agent by its public key", async () => {
  for (const [type, name] of [
    ["ed25519", "a"],
    ["rsa", "b"],
    ["ecdsa", "c"],
  ] as const) {
    const file = ring.path(name);
    execFileSync(
      "openssl",
      [
        "genpkey",
        ...["-algorithm", type === "ecdsa" ? "EC" : type, "-out", file],
        ...(type === "ecdsa" ? ["-pkeyopt", "ec_paramgen_curve:P-256"] : []),
      ],
      { stdio: "pipe" },
    );
    assert.match(readFileSync(file, "utf8"), /^-----BEGIN PRIVATE KEY-----/);
    // ssh-keygen of Debian 12 can't read the first type.
    if (type !== "ed25519") writeFileSync(`${file}.pub`, execFileSync("ssh-keygen", ["-y", "-f", file]));
    else writeFileSync(`${file}.pub`, publicOfEd25519(file));
    await allow(name);
    const expected = execFileSync("ssh-keygen", ["-l", "-f", `${file}.pub`], { encoding: "utf8" });
    assert.equal(await logIn({ privateKey: readFileSync(file, "utf8"), agent: false }), print(expected));
  }
  const rsa = ring.make("rsa", { type: "rsa", passphrase: "" });
  await allow("rsa");
  assert.equal(
    await logIn({ identityFile: "~/rsa.pub" }, ring.agent("rsa.sock", ["other", "rsa"])),
    print(rsa),
  );
});

function publicOfEd25519(file: string): string {
  const der = execFileSync("openssl", ["pkey", "-in", file, "-pubout", "-outform", "DER"]);
  const head = Buffer.from("\0\0\0\x0bssh-ed25519\0\0\0\x20", "latin1");
  return `ssh-ed25519 ${Buffer.concat([head, der.subarray(-32)]).toString("base64")}\n`;
}

test("more keys than MaxAuthTries: the error says so, and the cure works", async () => {
  const names = ["k1", "k2", "k3", "k4", "k5", "k6", "k7"];
  const keys = names.map((name) => ring.make(name));
  await allow("k7");
  const agent = ring.agent("many.sock", names);
  const { message, reason } = await refused({}, agent);
  assert.equal(reason, undefined);
  const offered = keys.map((key) => `  the agent at ${agent} (SSH_AUTH_SOCK): ${key}`);
  assert.equal(
    message.replace(/\n {2}~\/\.ssh\/id_ed25519: .*/, ""),
    [
      `root@${host.address}:22: the login was refused: sshd allows no more than 6 keys to be tried (Too many authentication failures).`,
      "Offered:",
      ...offered.slice(0, 6),
      "No longer tried:",
      ...offered.slice(6),
      "Nothing was changed on it.",
      "Name the right key in the connection's identityFile: it is offered first. The file of a public key chooses that key of the agent. The limit is MaxAuthTries in sshd_config(5).",
    ].join("\n"),
  );
  assert.equal(await logIn({ identityFile: "~/k7.pub" }, agent), print(keys[6] ?? ""));
});

test("an sshd that wants a password besides the key", async () => {
  await configure(
    host,
    "AuthenticationMethods publickey,keyboard-interactive",
    "KbdInteractiveAuthentication yes",
  );
  const { message } = await refused({ identityFile: fleet.identityFile, agent: false });
  assert.match(
    message,
    /a key was accepted, identityFile \S+: ssh-ed25519 SHA256:\S+, and sshd wants more \(keyboard-interactive\)/,
  );
  await configure(host);
});

test("after refused logins sshd bars an address for a while: the host is not unreachable", async () => {
  ring.make("unknown");
  const identityFile = ring.path("unknown");
  await configure(host, "PerSourcePenalties authfail:60s min:1s");
  let banned = await refused({ identityFile, agent: false });
  assert.match(banned.message, /the login was refused\./);
  // The penalty begins a moment later, when sshd has noticed the end of its child.
  const until = Date.now() + 60_000;
  while (/the login was refused\./.test(banned.message) && Date.now() < until)
    banned = await refused({ identityFile, agent: false });
  assert.equal(banned.reason, undefined);
  assert.match(banned.message, /Not allowed at this time[^]*PerSourcePenalties/);
  await configure(host);
});

test("MaxSessions 1: several sets in one up", async () => {
  await configure(host, "MaxSessions 1");
  scene.configure({
    sites: { example1, example2, third: { ...example1, user: "deploy", listen: ["0.0.0.0:8081"] } },
  });
  await stack.up();
  for (const url of [":8080", ":8081", ""])
    assert.equal((await get(fleet, `http://${host.address}${url}/`)).status, 200);
  await stack.expectNoChanges();
  await configure(host);
  // The host has the script that these sets were deployed with.
  for (const place of [{ manager: "system" }, { manager: "user", account: "test" }] as const) {
    const own = place.manager === "system" ? "/var/lib" : "/home/test/.local/state";
    const copy = `${own}/quadlet-fleet/recovery.sh`;
    const user = place.manager === "system" ? "root" : "test";
    assert.ok((await sent(place)) < 10_000, "the script was sent, though the host has it");
    await host.sh(`cp -p ${copy} ${copy}.kept; echo '#' >>${copy}`, { user });
    assert.ok((await sent(place)) > 50_000, "another script than this version's was run");
    await host.sh(`rm ${copy}; mkfifo ${copy}`, { user });
    assert.ok((await sent(place)) > 50_000);
    await host.sh(`mv ${copy}.kept ${copy}`, { user });
  }
  await stack.run(["destroy", "--yes", "--skip-preview"]);
});

/** How many bytes are sent to the host for one look at it. */
async function sent(place: Pick<Desired, "manager" | "account">): Promise<number> {
  const pool = new Pool();
  const connection = await pool.connect(target({ identityFile: fleet.identityFile }));
  const run = connection.run.bind(connection);
  let bytes = 0;
  connection.run = async (argv) => {
    const channel = await run(argv);
    const write = channel.write.bind(channel);
    channel.write = (data) => {
      bytes += data.length;
      write(data);
    };
    return channel;
  };
  const set = { ...place, name: "nothing", linger: false, createUser: false };
  const query = { files: new Map<string, string>(), units: [] };
  await observe(pool, target({ identityFile: fleet.identityFile }), set, query, silent);
  await pool.close();
  return bytes;
}

test("MaxSessions 0, as on a jump host: said so", async () => {
  await configure(host, "MaxSessions 0");
  const { message } = await refused({ identityFile: fleet.identityFile, agent: false });
  assert.match(message, /its sshd opens no session for this login, not even the first[^]*MaxSessions/);
  await configure(host);
});

test("a jump host that forbids forwarding, and one that can't reach the host", async () => {
  const identityFile = fleet.identityFile;
  const jump = { address: gate.address, hostKey: gate.hostKey, identityFile };
  await configure(gate, "AllowTcpForwarding no");
  const forbidden = await refused({ identityFile, jump });
  assert.equal(forbidden.reason, undefined);
  assert.equal(
    forbidden.message,
    `root@${host.address}:22: root@${gate.address}:22 (jump) does not let this login forward connections to it.\nNothing was changed on it.\nIts sshd_config(5) needs AllowTcpForwarding yes (or local) and, if it has PermitOpen, ${host.address}:22 there. The key must have no "restrict" or "no-port-forwarding" in authorized_keys.`,
  );
  await configure(gate);
  const closed = await refused({ identityFile, jump, port: 24 });
  assert.equal(closed.reason, "unreachable");
  assert.match(closed.message, /:24: root@\S+ \(jump\) can't connect to it: .*Connection refused/);
});
