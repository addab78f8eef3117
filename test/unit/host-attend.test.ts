import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type ssh2 from "ssh2";
import { run } from "../../cli/exec/run.ts";
import { Part } from "../../cli/logs/part.ts";
import { attend } from "../../host/attended/attend.ts";
import { readerOf } from "../../host/attended/read.ts";
import { Pool } from "../../host/ssh/pool.ts";
import { Keyring } from "./ssh-keys.ts";
import { type SshServer, startSshServer } from "./ssh-server.ts";
import { timeLimit } from "./time-limit.ts";

// `attend`, and the two commands that use it, with a host that does not behave.

const ring = new Keyring();
ring.make("host");
ring.make("user");
let server: SshServer;
/** What the host does when a command is to be run. */
let onCommand: (channel: ssh2.ServerChannel) => Promise<void>;

before(async () => {
  server = await startSshServer(ring.path("host"), (client) => {
    client.on("authentication", (context) => context.accept());
    client.on("session", (accept) => accept().on("exec", (acceptExec) => void onCommand(acceptExec())));
    client.on("error", () => undefined);
  });
});

after(() => {
  server.close();
  ring[Symbol.dispose]();
});

const target = () => ({
  address: "127.0.0.1",
  port: server.port,
  hostKey: readFileSync(ring.path("host.pub"), "utf8"),
  identityFile: ring.path("user"),
  sshConfig: false,
});
const errand = { account: undefined, as: "either", script: "", argv: [], longest: 1000 } as const;

/** Waits for the words of the command, and reports that it runs. */
async function begin(channel: ssh2.ServerChannel): Promise<void> {
  await once(channel, "data");
  for (const output of [channel.stderr, channel]) output.write('\n{"event":"running"}\n');
}

/** The host ends nothing and confirms nothing. */
function keepOpen(channel: ssh2.ServerChannel): void {
  channel.close = () => undefined;
}

/** Prints lines as fast as they are read, without an end. */
function flood(channel: ssh2.ServerChannel, line: string): void {
  const more = () => {
    while (channel.write(line.repeat(1000)));
  };
  channel.on("drain", more);
  more();
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of stream) found.push(one);
  return found;
}

test("a slow reader of standard error gets all of it, though the command has ended", async () => {
  const expected = Array.from({ length: 20_000 }, (_, at) => `line ${at}`);
  onCommand = async (channel) => {
    await begin(channel);
    channel.stderr.write(`${expected.join("\n")}\n`);
    channel.exit(0);
    channel.end();
  };
  const pool = new Pool();
  const { lines, errors, ended } = await attend(pool, target(), errand);
  assert.deepEqual(await all(lines), []);
  await ended;
  const found = (await all(errors)).map(({ bytes }) => bytes.toString());
  assert.deepEqual([found.length, found.at(-1)], [expected.length, expected.at(-1)]);
  await pool.close();
});

test("a host that does not stop the command, goes on to print, and does not confirm that it is left", async () => {
  onCommand = async (channel) => {
    keepOpen(channel);
    await begin(channel);
    flood(channel, "more\n");
  };
  const pool = new Pool();
  const stop = new AbortController();
  using limit = timeLimit(20);
  const printed = Promise.withResolvers<void>();
  const print = () => Promise.resolve(printed.resolve());
  const outcome = run(pool, target(), errand, { seconds: 0, stop: stop.signal, print });
  await printed.promise;
  stop.abort();
  limit.end();
  assert.equal(await outcome, "interrupted: the host did not confirm that it was stopped");
  await pool.close();
});

test("a host that refuses with a word of its own", async () => {
  onCommand = async (channel) => {
    await once(channel, "data");
    channel.end('{"event":"refused","reason":"constructor"}\n');
  };
  const pool = new Pool();
  await assert.rejects(attend(pool, target(), errand), /the session was refused \(constructor\)\./);
  await pool.close();
});

test("a time limit of more than a month does not end at once", async () => {
  onCommand = async (channel) => {
    await begin(channel);
    await sleep(100);
    channel.exit(0);
    channel.end();
  };
  const pool = new Pool();
  const wish = { seconds: 9_999_999, stop: new AbortController().signal, print: () => Promise.resolve() };
  assert.equal(await run(pool, target(), errand, wish), undefined);
  await pool.close();
});

test("a host that sends more of a log than it may", async () => {
  const entry = JSON.stringify({ __CURSOR: "c", __REALTIME_TIMESTAMP: "1", MESSAGE: "x" });
  onCommand = async (channel) => {
    await begin(channel);
    flood(channel, `${entry}\n`);
  };
  const pool = new Pool();
  for (const source of [
    { kind: "journal", manager: "system", account: undefined, units: [] },
    { kind: "access log", manager: "system", account: undefined, unit: "web.service", files: [] },
  ] as const) {
    const part = new Part("web-1", pool, target(), readerOf(source, { lines: 100 }));
    await assert.rejects(all(part.history()), /it sent more than the [12]00 lines that it may send/);
  }
  await pool.close();
});

test("a host on which the command does not begin, and that does not confirm that it is left", async () => {
  using limit = timeLimit(60);
  onCommand = async (channel) => {
    keepOpen(channel);
    await once(channel, "data");
    limit.end();
  };
  const pool = new Pool();
  await assert.rejects(attend(pool, target(), errand), /the command did not begin within 60 s/);
  await pool.close();
});
