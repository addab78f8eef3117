import assert from "node:assert/strict";
import { once } from "node:events";
import { copyFileSync, readFileSync } from "node:fs";
import { type AddressInfo, type Server, createServer } from "node:net";
import { after, afterEach, before, test } from "node:test";
import type ssh2 from "ssh2";
import { Connection } from "../../host/ssh/connection.ts";
import type { Target } from "../../host/ssh/endpoint.ts";
import { HostError } from "../../host/errors.ts";
import { fingerprint } from "../../host/ssh/known-hosts.ts";
import { Login } from "../../host/ssh/login.ts";
import { Keyring } from "./ssh-keys.ts";
import { type SshServer, startSshServer } from "./ssh-server.ts";
import { timeLimit } from "./time-limit.ts";

// A login with several keys, and the message if it fails. The server is ssh2's, so that it can misbehave on request.

const ring = new Keyring();
after(() => ring[Symbol.dispose]());
ring.make("host");
const named = ring.make("named");
const one = ring.make("one");
const two = ring.make("two", { type: "rsa" });
const confirmed = ring.make("confirmed");
const agent = ring.agent("agent.sock", ["one", "two"]);

let server: SshServer;
let port: number;
let connections = 0;
/** The keys that were offered, "none" among them. */
let seen: string[] = [];
let answer: (context: ssh2.AuthContext, key: string) => void = () => undefined;

before(async () => {
  server = await startSshServer(ring.path("host"), (client) => {
    connections += 1;
    client.on("authentication", (context) => {
      const key =
        context.method === "publickey"
          ? `${context.key.algo} ${fingerprint(context.key.data)}`
          : context.method;
      if (seen.at(-1) !== key) seen.push(key);
      answer(context, key);
    });
    client.on("error", () => undefined);
  });
  ({ port } = server);
});
after(() => server.close());
afterEach(() => {
  delete process.env.SSH_AUTH_SOCK;
  connections = 0;
  seen = [];
});

const target = (change: Partial<Target> = {}): Target => ({
  address: "127.0.0.1",
  port,
  hostKey: readFileSync(ring.path("host.pub"), "utf8"),
  connectTimeout: 60,
  ...change,
});
const open = (to: Target) => Connection.open(to, () => assert.fail("there is no jump host"));
const only =
  (...accepted: string[]) =>
  (context: ssh2.AuthContext, key: string) =>
    accepted.includes(key) ? context.accept() : context.reject(["publickey"]);

async function refused(change: Partial<Target> = {}): Promise<{ text: string; reason: string | undefined }> {
  const opened = await open(target(change)).catch((thrown: unknown) => thrown);
  if (opened instanceof Connection) opened.close();
  assert.ok(opened instanceof HostError);
  const text = opened.message.replace(`root@127.0.0.1:${change.port ?? port}: `, "");
  assert.doesNotMatch(text, /PRIVATE KEY|state delete/);
  return { text, reason: opened.reason };
}

test("one login, in which all keys are offered one after the other", async () => {
  process.env.SSH_AUTH_SOCK = agent;
  answer = only(two);
  const connection = await open(target({ identityFile: ring.path("named") }));
  connection.close();
  assert.deepEqual([connections, seen], [1, ["none", named, one, two]]);
});

test("a key that is accepted is the last: no agent is asked after it", async () => {
  process.env.SSH_AUTH_SOCK = ring.path("nobody.sock");
  answer = only(named);
  (await open(target({ identityFile: ring.path("named") }))).close();
  assert.deepEqual([connections, seen], [1, ["none", named]]);
});

test("a default file, behind an agent with other keys", async () => {
  process.env.SSH_AUTH_SOCK = agent;
  copyFileSync(ring.path("named"), ring.path(".ssh/id_ed25519"));
  answer = only(named);
  (await open(target())).close();
  assert.deepEqual([connections, seen.length, seen.at(-1)], [1, 4, named]);
});

test("a refused login names what was offered, and what was not and why", async () => {
  process.env.SSH_AUTH_SOCK = "/nonexistent/agent";
  answer = only();
  assert.deepEqual(await refused({ identityFile: ring.path("named") }), {
    reason: undefined,
    text: [
      "the login was refused.",
      "Offered:",
      `  identityFile ${ring.path("named")}: ${named}`,
      "Not offered:",
      "  the agent at /nonexistent/agent (SSH_AUTH_SOCK) does not answer: the socket does not exist",
      "Nothing was changed on it.",
      "Check that one of the keys is in ~root/.ssh/authorized_keys of the host, and that sshd allows this account.",
    ].join("\n"),
  });
});

test("an sshd without logins by key, and one that wants more than a key", async () => {
  answer = (context) => context.reject(["password", "keyboard-interactive"]);
  const identityFile = ring.path("named");
  assert.deepEqual(await refused({ identityFile }), {
    reason: undefined,
    text: "the login was refused: sshd allows no login by key for this account, only password, keyboard-interactive.\nNothing was changed on it.\nSee PubkeyAuthentication and AuthenticationMethods in the host's sshd_config(5).",
  });
  assert.deepEqual(seen, ["none"]);
  answer = (context) =>
    context.method === "publickey" ? context.reject(["password"], true) : context.reject(["publickey"]);
  assert.match(
    (await refused({ identityFile })).text,
    new RegExp(
      `^the login was refused: a key was accepted, identityFile .*, and sshd wants more \\(password\\)\\.\nOffered:\n  identityFile `,
    ),
  );
});

test("an agent that refuses to sign, or waits for a prompt, is a problem of this machine", async () => {
  // This agent asks a program for confirmation, and the program does not exist (ssh-add(1), -c).
  const socket = ring.agent("confirm.sock", ["confirmed"], ["-c"]);
  answer = only(confirmed);
  const { text, reason } = await refused({ agent: socket });
  assert.equal(reason, "local");
  assert.equal(
    text,
    `the host accepts a key, but the agent did not sign with it (Agent responded with failure): the agent at ${socket}: ${confirmed}.\nNothing was changed on it.\nUnlock the agent or answer its prompt, and run it again. Another key: the connection's identityFile.`,
  );
});

test("a login that is never answered: the host was reached", async () => {
  using limit = timeLimit(60);
  answer = () => limit.end();
  assert.deepEqual(await refused({ identityFile: ring.path("named") }), {
    reason: undefined,
    text: "the login did not finish within 60 s.\nNothing was changed on it.\nTry it with ssh. connectTimeout changes the limit.",
  });
});

test("unreachable: nothing listens, nothing is said, or it is not SSH", async () => {
  const identityFile = ring.path("named");
  const listening = async (serve: Server): Promise<number> => {
    serve.listen(0, "127.0.0.1");
    await once(serve, "listening");
    return (serve.address() as AddressInfo).port;
  };
  const gone = createServer();
  const closed = await listening(gone);
  gone.close();
  const silent = createServer();
  const web = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  const full = createServer((socket) => socket.destroy());
  for (const [at, problem, connectTimeout] of [
    [closed, new RegExp(`^no SSH connection: connect ECONNREFUSED 127.0.0.1:${closed}\\.`)],
    [await listening(silent), /^no SSH connection within 1 s\./, 1],
    [await listening(web), /^no SSH connection: /],
    [await listening(full), /^no SSH connection: /],
  ] as const) {
    const { text, reason } = await refused({ port: at, identityFile, connectTimeout });
    assert.match(text, problem);
    assert.equal(reason, "unreachable");
  }
  for (const serve of [silent, web, full]) serve.close();
});

test("another host key is neither unreachable nor a problem of this machine", async () => {
  const { text, reason } = await refused({
    identityFile: ring.path("named"),
    hostKey: readFileSync(ring.path("one.pub"), "utf8"),
  });
  assert.match(text, /^its host key is ssh-ed25519 SHA256:/);
  assert.equal(reason, undefined);
});

test("a problem of this machine is found before any host is dialled, a jump host neither", async () => {
  for (const change of [
    { identityFile: "/nonexistent" },
    { hostKey: undefined, knownHostsFile: "/nonexistent" },
  ]) {
    const { reason } = await refused({ ...change, jump: target({ identityFile: ring.path("named") }) });
    assert.equal(reason, "local");
  }
  assert.equal(connections, 0);
});

/** The message for an error that can't be produced here. */
function said(cause: Error, received = ""): { text: string; reason: string | undefined } {
  const offers = ["1", "2"].map((from) => ({
    from,
    type: "ssh-ed25519",
    blob: Buffer.from(from),
    signer: { agent: "" },
  }));
  const login = new Login("web", { address: "web" }, { offers, leftOut: [] }, 15);
  if (received !== "") login.received(Buffer.from(received));
  const { message, reason } = login.failure(cause);
  return { text: message.split("\n")[0] ?? "", reason };
}

test("no network, no name server: a problem of this machine; one address of several unreachable: none", () => {
  const failed = (code: string, message: string) =>
    Object.assign(new Error(message), { code, level: "client-socket" });
  const lookUp = failed("EAI_AGAIN", "getaddrinfo EAI_AGAIN web");
  assert.deepEqual(said(lookUp), {
    text: "web: this machine can't connect to it: getaddrinfo EAI_AGAIN web.",
    reason: "local",
  });
  const v6 = failed("ENETUNREACH", "connect ENETUNREACH ::1:22");
  const v4 = failed("ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:22");
  assert.deepEqual(said(new AggregateError([v6, v4], "")), {
    text: "web: no SSH connection: connect ENETUNREACH ::1:22, connect ECONNREFUSED 127.0.0.1:22.",
    reason: "unreachable",
  });
  assert.equal(said(new AggregateError([v6, v6], "")).reason, "local");
  assert.deepEqual(said(failed("ECONNRESET", "read ECONNRESET"), "SSH-2.0-x\r\n"), {
    text: "web: the host answers, and the login failed: read ECONNRESET.",
    reason: undefined,
  });
});
