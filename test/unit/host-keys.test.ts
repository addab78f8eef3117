import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type Server, createServer } from "node:net";
import { after, afterEach, test } from "node:test";
import { listAgent } from "../../host/ssh/agent.ts";
import { HostError } from "../../host/errors.ts";
import { type KeySource, describe, readKeys } from "../../host/ssh/keys.ts";
import { Keyring } from "./ssh-keys.ts";

// Which keys a login offers, and in which order, with real keys and real agents.

const ring = new Keyring();
after(() => ring[Symbol.dispose]());
const named = ring.make("named");
const first = ring.make("first");
const second = ring.make("second", { type: "ecdsa" });
const locked = ring.make("locked", { passphrase: "sesame" });
copyFileSync(ring.path("locked"), ring.path("open"));
execFileSync("ssh-keygen", ["-q", "-p", "-P", "sesame", "-N", "", "-f", ring.path("open")]);
const full = ring.agent("full.sock", ["first", "second", "open"]);
const empty = ring.agent("empty.sock", []);

afterEach(() => {
  delete process.env.SSH_AUTH_SOCK;
  rmSync(ring.path(".ssh"), { recursive: true });
  mkdirSync(ring.path(".ssh"));
});

/** The keys that are offered at once, those that follow, and those that are left out. */
async function offered(source: KeySource) {
  const keys = await readKeys("web", source);
  const more = await keys.more?.();
  return {
    offers: keys.offers.map(describe),
    ...(more && { more: more.offers.map(describe) }),
    ...([...keys.leftOut, ...(more?.leftOut ?? [])].length > 0 && {
      leftOut: [...keys.leftOut, ...(more?.leftOut ?? [])],
    }),
  };
}
/** The message of a problem of this machine: the host was not contacted, and the message says nothing about it. */
async function refused(source: KeySource): Promise<string> {
  const thrown = await readKeys("web", source).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof HostError);
  assert.equal(thrown.reason, "local");
  assert.doesNotMatch(thrown.message, /sshd|unreachable|state delete/);
  const [problem = "", state, ...cure] = thrown.message.split(
    /\n(?=The host was not contacted\.)|(?<=contacted\.)\n/,
  );
  assert.equal(state, "The host was not contacted.");
  return [problem.replace(/^web: /, ""), ...cure].join("\n");
}
const at = (socket: string) => `the agent at ${socket}`;
const bySocket = (socket: string) => `${at(socket)} (SSH_AUTH_SOCK)`;

test("the order of ssh(1): the agent's keys, then the default files, each key once", async () => {
  process.env.SSH_AUTH_SOCK = full;
  const rsa = ring.make(".ssh/id_rsa", { type: "rsa" });
  copyFileSync(ring.path("second"), ring.path(".ssh/id_ecdsa"));
  const ed25519 = ring.make(".ssh/id_ed25519");
  assert.deepEqual(await offered({}), {
    offers: [
      ...[first, second, locked].map((key) => `${bySocket(full)}: ${key}`),
      `~/.ssh/id_rsa: ${rsa}`,
      `~/.ssh/id_ed25519: ${ed25519}`,
    ],
  });
  assert.deepEqual((await offered({ agent: false })).offers, [
    `~/.ssh/id_rsa: ${rsa}`,
    `~/.ssh/id_ecdsa: ${second}`,
    `~/.ssh/id_ed25519: ${ed25519}`,
  ]);
});

test("what is named comes first, no default file is offered, and the agent is asked only when it was refused", async () => {
  process.env.SSH_AUTH_SOCK = full;
  ring.make(".ssh/id_rsa", { type: "rsa" });
  const more = [first, second, locked].map((key) => `${bySocket(full)}: ${key}`);
  const identityFile = ring.path("named");
  const byFile = `identityFile ${identityFile}: ${named}`;
  assert.deepEqual(await offered({ identityFile }), { offers: [byFile], more });
  assert.deepEqual(await offered({ identityFile: "~/named" }), {
    offers: [`identityFile ~/named: ${named}`],
    more,
  });
  const privateKey = readFileSync(identityFile, "utf8");
  assert.deepEqual(await offered({ privateKey, identityFile: "/nonexistent" }), {
    offers: [`privateKey: ${named}`],
    more,
  });
  assert.deepEqual(await offered({ identityFile, agent: false }), { offers: [byFile] });
  delete process.env.SSH_AUTH_SOCK;
  assert.deepEqual(await offered({ identityFile }), { offers: [byFile] });
});

test("an agent that is empty, that is gone, or that never was does not stop the default files", async () => {
  const key = `~/.ssh/id_ed25519: ${ring.make(".ssh/id_ed25519")}`;
  const gone = ring.path("gone.sock");
  const server = createServer().listen(gone);
  await new Promise((resolve) => server.once("listening", resolve));
  execFileSync("cp", ["-a", gone, ring.path("stale.sock")]);
  await new Promise((resolve) => server.close(resolve));
  for (const [socket, problem] of [
    [empty, "has no keys"],
    [gone, "does not answer: the socket does not exist"],
    [ring.path("stale.sock"), "does not answer: no agent listens on the socket any more"],
  ] as const) {
    process.env.SSH_AUTH_SOCK = socket;
    assert.deepEqual(await offered({}), { offers: [key], leftOut: [`${bySocket(socket)} ${problem}`] });
  }
  process.env.SSH_AUTH_SOCK = "";
  assert.deepEqual(await offered({}), { offers: [key] });
});

test("no key at all: what was looked for, and why it won't do", async () => {
  const cure =
    "Give the connection an identityFile, add a key to the ssh-agent (ssh-add), or make ~/.ssh/id_ed25519 (ssh-keygen).";
  assert.equal(await refused({}), `there is no key to log in with.\n${cure}`);
  process.env.SSH_AUTH_SOCK = "/nonexistent";
  copyFileSync(ring.path("locked"), ring.path(".ssh/id_ed25519"));
  mkdirSync(ring.path(".ssh/id_rsa"));
  writeFileSync(ring.path(".ssh/id_ecdsa"), "CANARY");
  assert.equal(
    await refused({}),
    [
      "there is no key to log in with.",
      `${bySocket("/nonexistent")} does not answer: the socket does not exist.`,
      "~/.ssh/id_rsa can't be read: EISDIR: illegal operation on a directory, read.",
      "~/.ssh/id_ecdsa is not a private key, which begins with -----BEGIN OPENSSH PRIVATE KEY----- or -----BEGIN PRIVATE KEY-----.",
      "~/.ssh/id_ed25519 has a passphrase, and none was given.",
      cure,
    ].join("\n"),
  );
  // The agent has the key of id_ed25519.
  process.env.SSH_AUTH_SOCK = full;
  assert.ok(!(await offered({})).leftOut?.some((one) => /id_ed25519/.test(one)));
});

test("the files and the agent of the ssh configuration: the files first, and what can't be used is passed over", async () => {
  process.env.SSH_AUTH_SOCK = "/nonexistent";
  ring.make(".ssh/id_ed25519");
  const identityFiles = ["~/nowhere", "~/named.pub", "~/locked", "~/named", "~/second.pub"];
  const byAgent = `the agent at ${full} (IdentityAgent)`;
  const ofFiles = [`${byAgent}: ${locked}`, `IdentityFile ~/named: ${named}`, `${byAgent}: ${second}`];
  const leftOut = ["IdentityFile ~/nowhere does not exist", "IdentityFile ~/named.pub is a public key"];
  assert.deepEqual(await offered({ identityFiles, identityAgent: full }), {
    offers: [...ofFiles, `${byAgent}: ${first}`],
    leftOut,
  });
  assert.deepEqual(await offered({ identityFiles, identityAgent: full, identitiesOnly: true }), {
    offers: ofFiles,
    leftOut,
  });
  assert.deepEqual((await offered({ identityFiles, identityAgent: false })).offers, [
    `IdentityFile ~/named: ${named}`,
  ]);
  // The connection's own settings win.
  assert.deepEqual(
    (await offered({ identityFile: "~/named", identitiesOnly: true, agent: full })).offers.length,
    4,
  );
});

test("an agent by its path must answer, whatever else there is", async () => {
  ring.make(".ssh/id_ed25519");
  for (const source of [{}, { identityFile: ring.path("named") }])
    assert.equal(
      await refused({ ...source, agent: "~/none" }),
      `${at(ring.path("none"))} does not answer: the socket does not exist.\nStart it, correct the connection's agent, or leave it out.`,
    );
  const keys = await offered({ identityFile: ring.path("named"), agent: full });
  assert.equal(keys.offers.length, 4);
});

test("a public key, or a key without its passphrase, chooses that key of the agent", async () => {
  process.env.SSH_AUTH_SOCK = full;
  const only = (key: string) => ({ offers: [`${bySocket(full)}: ${key}`] });
  assert.deepEqual(await offered({ identityFile: "~/second.pub" }), only(second));
  assert.deepEqual(await offered({ identityFile: "~/locked" }), only(locked));
  assert.deepEqual(await offered({ privateKey: readFileSync(ring.path("locked"), "utf8") }), only(locked));
  // For an encrypted PEM file, only the .pub file beside it shows which key it is.
  copyFileSync(ring.path("locked"), ring.path("pem"));
  execFileSync(
    "openssl",
    ["genpkey", "-algorithm", "rsa", "-aes256", "-pass", "pass:x", "-out", ring.path("pem")],
    {
      stdio: "pipe",
    },
  );
  copyFileSync(ring.path("first.pub"), ring.path("pem.pub"));
  assert.deepEqual(await offered({ identityFile: "~/pem" }), only(first));
  // The private half is only in the agent.
  copyFileSync(ring.path("first.pub"), ring.path("away.pub"));
  assert.deepEqual(await offered({ identityFile: "~/away" }), only(first));
  // With its passphrase the key needs no agent.
  assert.deepEqual((await offered({ identityFile: "~/locked", passphrase: "sesame" })).offers, [
    `identityFile ~/locked: ${locked}`,
  ]);
});

test("a key that can't be chosen, and what to do", async () => {
  const [, print = ""] = named.split(" ");
  const pub = "Add its private half to the agent (ssh-add ~/named), or name the file of the private key.";
  const pass = "Give the connection's passphrase, or add the key to the agent: ssh-add ~/locked";
  const noAgent = "there is no agent that could hold the key (SSH_AUTH_SOCK)";
  const isPublic = "identityFile ~/named.pub is a public key";
  const isLocked = "identityFile ~/locked has a passphrase, and none was given";
  assert.equal(await refused({ identityFile: "~/named.pub" }), `${isPublic}, and ${noAgent}.\n${pub}`);
  assert.equal(await refused({ identityFile: "~/locked" }), `${isLocked}, and ${noAgent}.\n${pass}`);
  process.env.SSH_AUTH_SOCK = full;
  assert.equal(
    await refused({ identityFile: "~/named.pub" }),
    `${isPublic}, and ${bySocket(full)} does not hold it (${print}).\n${pub}`,
  );
  assert.equal(
    await refused({ identityFile: "~/named.pub", agent: false }),
    `${isPublic}, and ${noAgent}.\n${pub}`,
  );
  process.env.SSH_AUTH_SOCK = "/nonexistent";
  assert.equal(
    await refused({ identityFile: "~/locked" }),
    `${isLocked}, and ${bySocket("/nonexistent")} does not answer: the socket does not exist.\n${pass}`,
  );
});

test("a named key that can't be used is no reason to try others", async () => {
  process.env.SSH_AUTH_SOCK = full;
  ring.make(".ssh/id_ed25519");
  const text = readFileSync(ring.path("locked"), "utf8");
  writeFileSync(ring.path("crooked"), readFileSync(ring.path("named"), "utf8").replaceAll("\n", "\\n"));
  writeFileSync(ring.path("none"), "");
  assert.equal(
    await refused({ privateKey: text, passphrase: "wrong" }),
    "privateKey can't be decrypted with the given passphrase.\nCorrect the connection's passphrase.",
  );
  assert.match(
    await refused({ identityFile: "~/crooked" }),
    /^identityFile ~\/crooked has \\n as two characters/,
  );
  assert.equal(await refused({ identityFile: "~/none" }), "identityFile ~/none is empty.");
  assert.equal(
    await refused({ identityFile: "~/nowhere" }),
    "identityFile ~/nowhere does not exist.\nCorrect the path.",
  );
  assert.match(await refused({ identityFile: "~/.ssh" }), /^identityFile ~\/\.ssh can't be read: EISDIR/);
  assert.match(await refused({ privateKey: "CANARY" }), /^privateKey is not a private key/);
  writeFileSync(ring.path("fido.pub"), `sk-ssh-ed25519@openssh.com ${fido().toString("base64")} me`);
  assert.equal(
    await refused({ identityFile: "~/fido.pub" }),
    "identityFile ~/fido.pub is a key of type sk-ssh-ed25519@openssh.com, which is not supported.\nUse a key of another type: ssh-keygen -t ed25519",
  );
});

const string = (data: string | Buffer) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(data));
  return Buffer.concat([length, Buffer.from(data)]);
};
const fido = () =>
  Buffer.concat([string("sk-ssh-ed25519@openssh.com"), string(Buffer.alloc(32, 1)), string("ssh:")]);

test("certificates and FIDO keys of an agent: how many of which type are not supported", async () => {
  ring.make("ca");
  ring.make("certified");
  execFileSync("ssh-keygen", [
    "-q",
    "-s",
    ring.path("ca"),
    "-I",
    "me",
    "-n",
    "root",
    ring.path("certified.pub"),
  ]);
  const socket = ring.agent("certified.sock", ["certified"]);
  assert.deepEqual((await offered({ agent: socket })).leftOut, [
    `${at(socket)} has 1 key of type ssh-ed25519-cert-v01@openssh.com, which is not supported`,
  ]);
  // There is no FIDO key that could be added to an agent, so this fake agent only lists some.
  const list = Buffer.concat([
    Buffer.from([12, 0, 0, 0, 2]),
    ...[fido(), fido()].flatMap((key) => [string(key), string("me")]),
  ]);
  const fake = await answering("fido.sock", string(list));
  assert.deepEqual(
    await refused({ agent: ring.path("fido.sock") }).then((text) => text.split("\n")[1]),
    [
      `${at(ring.path("fido.sock"))} has 2 keys of type sk-ssh-ed25519@openssh.com, which is not supported.`,
    ].join(),
  );
  fake.close();
});

/** A socket that gives the same answer to any request. */
async function answering(name: string, answer: Buffer): Promise<Server> {
  const server = createServer((socket) =>
    socket.on("error", () => undefined).once("data", () => socket.end(answer)),
  );
  server.listen(ring.path(name));
  await new Promise((resolve) => server.once("listening", resolve));
  return server;
}

test("an agent that answers otherwise", async () => {
  for (const [answer, problem] of [
    [Buffer.from([0, 0, 0, 1, 5]), /it refuses to list its keys/],
    [Buffer.from("HTTP/1.1 400"), /its answer is not that of an ssh-agent/],
    [Buffer.from([0, 0, 0, 9, 12, 0, 0, 0, 1, 0, 0, 0, 9]), /its answer is not that of an ssh-agent/],
    [Buffer.from([0, 0]), /it ended the connection/],
  ] as const) {
    const server = await answering("odd.sock", answer);
    await assert.rejects(listAgent(ring.path("odd.sock")), problem);
    server.close();
  }
  const silent = createServer().listen(ring.path("silent.sock"));
  await assert.rejects(listAgent(ring.path("silent.sock"), 50), /no answer within 0\.05 s/);
  silent.close();
  assert.deepEqual(await listAgent(empty), []);
});
