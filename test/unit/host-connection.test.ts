import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type ssh2 from "ssh2";
import type { Connection } from "../../host/ssh/connection.ts";
import type { Target } from "../../host/ssh/endpoint.ts";
import { HostError } from "../../host/errors.ts";
import { Pool } from "../../host/ssh/pool.ts";
import { Keyring } from "./ssh-keys.ts";
import { type SshServer, startSshServer } from "./ssh-server.ts";
import { timeLimit } from "./time-limit.ts";

const ring = new Keyring();
ring.make("host");
ring.make("user");
let server: SshServer;
let port: number;
let logins = 0;
/** What the server does when a channel is requested. */
let onSession: (accept: () => ssh2.Session, reject: () => void) => void = () => undefined;

before(async () => {
  server = await startSshServer(ring.path("host"), (client) => {
    client.on("authentication", (context) => {
      if (context.method === "publickey") context.accept();
      else context.reject(["publickey"]);
    });
    client.on("ready", () => (logins += 1));
    client.on("session", (accept, reject) => onSession(accept, reject));
    client.on("error", () => undefined);
  });
  ({ port } = server);
});

after(() => {
  server.close();
  ring[Symbol.dispose]();
});

const target = () => ({
  address: "127.0.0.1",
  port,
  hostKey: readFileSync(ring.path("host.pub"), "utf8"),
  identityFile: ring.path("user"),
  sshConfig: false,
  connectTimeout: 60,
});

const open = (target: Target): Promise<Connection> => new Pool().connect(target);

function runs(output: string, code: number): (accept: () => ssh2.Session) => void {
  return (accept) =>
    accept().on("exec", (acceptExec, _reject, { command }) => {
      const channel = acceptExec();
      channel.write(output.replace("COMMAND", command));
      channel.exit(code);
      channel.end();
    });
}

test("a command's words arrive quoted, its output and its status come back", async () => {
  onSession = runs("got COMMAND", 3);
  const connection = await open(target());
  const channel = await connection.run(["echo", "a b", "it's"]);
  let output = "";
  channel.onStdout((chunk) => (output += chunk.toString()));
  assert.equal((await channel.ended).code, 3);
  assert.equal(output, `got 'echo' 'a b' 'it'\\''s'`);
  connection.close();
});

test("a channel that is never opened is given up within the deadline", async () => {
  const connection = await open(target());
  using limit = timeLimit(60);
  onSession = () => limit.end();
  await assert.rejects(
    connection.run(["true"]),
    (error) => error instanceof HostError && /no channel was opened within 60 s/.test(error.message),
  );
  connection.close();
});

test("sessions that sshd refuses (MaxSessions) get a connection of their own, which is closed with its channel", async () => {
  const before = logins;
  let connections = 0;
  const server = await startSshServer(ring.path("host"), (client) => {
    let sessions = 0;
    connections += 1;
    client.on("authentication", (context) => context.accept());
    client.on("session", (accept, reject) => {
      sessions += 1;
      if (sessions > 1) reject();
      else runs("got COMMAND", 0)(accept);
    });
    client.on("close", () => (connections -= 1));
  });
  const connection = await open({ ...target(), port: server.port });
  const channels = await Promise.all(["a", "b", "c"].map((word) => connection.run([word])));
  assert.equal(connections, 3);
  const outputs = channels.map(async (channel) => {
    let output = "";
    channel.onStdout((chunk) => (output += chunk.toString()));
    await channel.ended;
    return output;
  });
  assert.deepEqual(await Promise.all(outputs), ["got 'a'", "got 'b'", "got 'c'"]);
  while (connections > 1) await new Promise((resolve) => setImmediate(resolve));
  connection.close();
  while (connections > 0) await new Promise((resolve) => setImmediate(resolve));
  server.close();
  assert.equal(logins, before);
});

test("an sshd that opens no session at all", async () => {
  onSession = (_accept, reject) => reject();
  const connection = await open(target());
  await assert.rejects(
    connection.run(["true"]),
    (error) =>
      error instanceof HostError &&
      error.reason === undefined &&
      /its sshd opens no session for this login, not even the first\.[^]*MaxSessions/.test(error.message),
  );
  connection.close();
});

test("a jump host that forbids forwarding", async () => {
  const pool = new Pool();
  const jump = target();
  const failed = (change: object) =>
    pool.connect({ ...target(), address: "192.0.2.11", jump, ...change }).then(
      () => assert.fail(),
      (error: unknown) => error as HostError,
    );
  // ssh2's server forwards nothing by default.
  const forbidden = await failed({});
  assert.equal(forbidden.reason, undefined);
  assert.equal(
    forbidden.message,
    `root@192.0.2.11:${port}: root@127.0.0.1:${port} (jump) does not let this login forward connections to it.\nNothing was changed on it.\nIts sshd_config(5) needs AllowTcpForwarding yes (or local) and, if it has PermitOpen, 192.0.2.11:${port} there. The key must have no "restrict" or "no-port-forwarding" in authorized_keys.`,
  );
  await pool.close();
});

test("another host key than the known one is refused before anything is sent", async () => {
  const before = logins;
  await assert.rejects(
    open({ ...target(), hostKey: readFileSync(ring.path("user.pub"), "utf8") }),
    /its host key is ssh-ed25519 SHA256:/,
  );
  assert.equal(logins, before);
});

test("a certificate authority beside a plain key of another host: why it did not help", async () => {
  const file = ring.path("known");
  const key = readFileSync(ring.path("user.pub"), "utf8").trim();
  writeFileSync(file, `[127.0.0.1]:${port} ${key}\n@cert-authority * ${key}\n`);
  await assert.rejects(
    open({ ...target(), hostKey: undefined, knownHostsFile: file }),
    /The connection was refused\. @cert-authority lines are ignored: the SSH library/,
  );
});

test("the pool: one login however many ask at once, and another one after the connection was lost", async () => {
  onSession = runs("", 0);
  const pool = new Pool();
  const before = logins;
  const [first, second] = await Promise.all([pool.connect(target()), pool.connect(target())]);
  assert.equal(first, second);
  assert.equal(logins, before + 1);
  first.close();
  // The pool notices it a moment later.
  while ((await pool.connect(target())) === first) await sleep(10);
  assert.equal(logins, before + 2);
  await pool.close();
});

test("the pool: a dial that failed is tried again by the next", async () => {
  const pool = new Pool();
  await assert.rejects(
    pool.connect({ ...target(), identityFile: "/nonexistent" }),
    /identityFile \/nonexistent does not exist/,
  );
  assert.ok((await pool.connect(target())).isOpen);
  await pool.close();
});

/** A server that forwards to `ports`, at any address, and does not answer requests for the ports of `silent`. */
async function jumpHost(
  ports: number[],
  silent: number[] = [],
  onSilence: (port: number) => void = () => undefined,
) {
  const counts = { logins: 0, forwarded: 0 };
  const jump = await startSshServer(ring.path("host"), (client) => {
    client.on("authentication", (context) => context.accept());
    client.on("ready", () => (counts.logins += 1));
    client.on("tcpip", (accept, reject, { destPort }) => {
      if (silent.includes(destPort)) return onSilence(destPort);
      if (!ports.includes(destPort)) return void reject();
      counts.forwarded += 1;
      const channel = accept();
      channel.pipe(connect(destPort, "127.0.0.1")).pipe(channel);
    });
    client.on("error", () => undefined);
    client.on("close", () => (counts.logins -= 1));
  });
  return { counts, end: () => jump.close(), port: jump.port };
}

test("the pool: one login at a jump host, however many hosts are behind it, until the pool is closed", async () => {
  onSession = runs("", 0);
  const { counts, end, port: at } = await jumpHost([port]);
  const pool = new Pool();
  const jump = { ...target(), port: at };
  const behind = (address: string) => pool.connect({ ...target(), address, jump });
  const names = ["192.0.2.11", "192.0.2.12", "192.0.2.13"];
  const [first, ...others] = await Promise.all(names.map(behind));
  assert.deepEqual(counts, { logins: 1, forwarded: 3 });
  first?.close();
  for (const other of others) {
    const channel = await other.run(["true"]);
    // The channel ends only when its output is read to the end.
    channel.onStdout(() => undefined);
    assert.equal((await channel.ended).code, 0);
  }
  assert.equal(await pool.connect(jump), await pool.connect(jump), "the jump host is a host like others");
  assert.deepEqual(counts, { logins: 1, forwarded: 3 });
  await pool.close();
  while (counts.logins > 0) await new Promise((resolve) => setImmediate(resolve));
  end();
});

test("a host that a jump host gets no answer from, and a jump host that is gone itself", async () => {
  for (const isGone of [false, true]) {
    let onSilence: (port: number) => void = () => undefined;
    // A living jump host refuses port 1.
    const silent = isGone ? [port, 1] : [port];
    const { counts, end, port: at } = await jumpHost([], silent, (asked) => onSilence(asked));
    const pool = new Pool();
    const jump = { ...target(), port: at, connectTimeout: 62 };
    await pool.connect(jump);
    {
      using host = timeLimit(61);
      using probe = timeLimit(62);
      onSilence = (asked) => (asked === 1 ? probe : host).end();
      const thrown = await pool
        .connect({ ...target(), address: "192.0.2.11", connectTimeout: 61, jump })
        .then(
          () => assert.fail(),
          (error: unknown) => error as HostError,
        );
      assert.deepEqual([thrown.reason, thrown.isOnTheWay], ["unreachable", isGone]);
    }
    // The jump host is connected again only if it was lost.
    while (isGone && counts.logins > 0) await sleep(1);
    await pool.connect(jump);
    assert.equal(counts.logins, 1);
    await pool.close();
    end();
  }
});
