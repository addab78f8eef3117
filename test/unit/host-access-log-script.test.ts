import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { AccessLogReader } from "../../host/attended/access-log.ts";
import type { Entry, Query, Reading } from "../../host/attended/entry.ts";
import { Splitter } from "../../host/attended/lines.ts";

// An access log on a host, and the script that reads it there: host/attended/scripts/access-log.sh.

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "access-log-"));
  file = join(directory, "access.log");
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const reader = (query: Query) => {
  const source = { kind: "access log", manager: "system", account: undefined, unit: "web.service" } as const;
  return new AccessLogReader({ ...source, files: [join(directory, "other.log"), file] }, query);
};

/** Runs the command of a reading, in its own process group as attend.sh does. The first line says that it runs. */
function start(reading: Reading) {
  const { script, argv, longest } = reading.errand;
  const child = spawn("sh", ["-c", script, "quadlet-fleet", ...argv], { detached: true });
  const entries: Entry[] = [];
  let stderr = "";
  let hasBegun = false;
  const splitter = new Splitter(longest, (line) => {
    const entry = hasBegun ? reading.take(line) : undefined;
    hasBegun = true;
    if (entry) entries.push(entry);
  });
  child.stdout.on("data", (chunk: Buffer) => splitter.take(chunk));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, stderr }));
  const messages = () => entries.map(({ message }) => message);
  return {
    messages,
    ended,
    has: async (count: number) => {
      while (entries.length < count) await sleep(20);
      return messages();
    },
    end: async () => {
      process.kill(-(child.pid ?? 0), "SIGTERM");
      await ended;
    },
  };
}

async function history(query: Query, one = reader(query)): Promise<string[]> {
  const { messages, ended } = start(one.history());
  const { code, stderr } = await ended;
  assert.deepEqual([code, stderr], [0, ""]);
  return messages();
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => String(from + at));
const lines = (from: number, to: number) =>
  numbers(from, to)
    .map((number) => `${number}\n`)
    .join("");

describe("the history", () => {
  test("the last lines, also of the file before", async () => {
    assert.deepEqual(await history({ lines: 3 }), []);
    writeFileSync(file, lines(10, 20));
    assert.deepEqual(await history({ lines: 3 }), numbers(18, 20));
    writeFileSync(`${file}.1`, lines(1, 9));
    assert.deepEqual(await history({ lines: 3 }), [...numbers(7, 9), ...numbers(18, 20)]);
    assert.deepEqual(await history({ lines: 0 }), []);
  });

  test("those that match, and a pattern that is bad", async () => {
    writeFileSync(file, "GET /a\nget /b\nPUT /c\nGET /d\n\u00e9\u0000 GET /e\n");
    assert.deepEqual(await history({ lines: 2, grep: "GET" }), ["GET /d", "\u00e9\u0000 GET /e"]);
    assert.deepEqual(await history({ lines: 9, grep: "get /[ab]" }), ["GET /a", "get /b"]);
    assert.deepEqual(await history({ lines: 9, grep: "nothing" }), []);
    const { code, stderr } = await start(reader({ grep: "[" }).history()).ended;
    assert.equal(code, 2);
    assert.match(stderr, /missing terminating \]/);
  });

  /** Two lines a second from a given time on, each with a forged time before the real one. */
  const timed = (first: number, count: number) =>
    Array.from({ length: count }, (_, at) => {
      const [, day, month, year, time] = new Date((first + at / 2) * 1000).toUTCString().split(" ");
      return `192.0.2.1 - [01/Jan/2000:00:00:00 +0000] [${day}/${month}/${year}:${time} +0000] "GET /${at} [01/Jan/2000:00:00:00 +0000]"\n`;
    });
  const first = Date.parse("2026-11-29T12:00:00Z") / 1000;

  test("since a time, of a big file, which is not read from its beginning", async () => {
    const all = timed(first, 10_000);
    writeFileSync(file, all.join(""));
    for (const second of [0, 1, 2500, 4999]) {
      assert.deepEqual(
        await history({ since: first + second }),
        all.slice(second * 2).map((text) => text.trimEnd()),
      );
    }
    assert.deepEqual(await history({ since: first + 5000 }), []);
    // How much the host sends, before older lines are left out on this side.
    const { script, argv } = reader({ since: first + 4999 }).history().errand;
    const child = spawn("sh", ["-c", script, "quadlet-fleet", ...argv]);
    let sent = 0;
    child.stdout.on("data", (chunk: Buffer) => (sent += chunk.length));
    await once(child, "close");
    assert.ok(sent < 80_000 && statSync(file).size > 1_000_000, String(sent));
  });

  test("since a time, of files before as far as they were written since", async () => {
    writeFileSync(`${file}.2`, timed(first - 100, 20).join(""));
    writeFileSync(`${file}.1`, timed(first, 20).join(""));
    writeFileSync(file, timed(first + 10, 20).join(""));
    utimesSync(`${file}.2`, first - 90, first - 90);
    assert.equal((await history({ since: first - 95 })).length, 10 + 40);
    assert.equal((await history({ since: first - 80 })).length, 40);
  });
});

// Whatever may write to the directory: an account, and a container that root runs.
describe("a hostile directory", () => {
  const refused = async (mode: "history" | "follow", query: Query) => {
    const { messages, ended } = start(reader(query)[mode]());
    assert.deepEqual(await ended, { code: 2, stderr: `${file} is not a regular file\n` });
    assert.deepEqual(messages(), []);
  };
  const replacements = {
    "a FIFO": () => execFileSync("mkfifo", [file]),
    "a directory": () => mkdirSync(file),
    "a link to a device": () => symlinkSync("/dev/zero", file),
    "a link to another file": () => symlinkSync("/etc/passwd", file),
  };
  for (const [what, replace] of Object.entries(replacements))
    test(`${what} in place of the file`, async () => {
      replace();
      for (const query of [{ lines: 5 }, { since: 1 }, { lines: 5, grep: "root" }])
        await refused("history", query);
      await refused("follow", {});
      writeFileSync(join(directory, "kept"), "1\n");
      renameSync(file, `${file}.1`);
      renameSync(join(directory, "kept"), file);
      const { ended } = start(reader({ lines: 5 }).history());
      assert.equal((await ended).code, 2);
    });

  test("a link that replaces the file after the check", async () => {
    writeFileSync(file, "1\n");
    const reading = reader({ lines: 5 }).history();
    const swap = `ln -sf /etc/passwd '${file}'`;
    const script = reading.errand.script.replace("# The file may be replaced here.", swap);
    assert.notEqual(script, reading.errand.script);
    const { messages, ended } = start({ ...reading, errand: { ...reading.errand, script } });
    assert.equal((await ended).code, 2);
    assert.deepEqual(messages(), []);
  });

  test("a line without an end takes no endless memory", async () => {
    writeFileSync(file, "");
    truncateSync(file, 64e6);
    const reading = reader({ lines: 5, grep: "x" }).history();
    const script = reading.errand.script.replace("ulimit -v 1000000", "ulimit -v 30000");
    assert.notEqual(script, reading.errand.script);
    const { ended } = start({ ...reading, errand: { ...reading.errand, script } });
    assert.equal((await ended).stderr, "grep: memory exhausted\n");
  });

  test("a directory that is reached by a link is read", async () => {
    mkdirSync(join(directory, "real"));
    writeFileSync(join(directory, "real", "access.log"), "1\n");
    symlinkSync("real", join(directory, "link"));
    file = join(directory, "link", "access.log");
    assert.deepEqual(await history({ lines: 5 }), ["1"]);
  });
});

describe("following", () => {
  test("goes on after the history, from line to line", async () => {
    writeFileSync(file, lines(1, 3));
    const one = reader({ lines: 2 });
    assert.deepEqual(await history({}, one), numbers(2, 3));
    appendFileSync(file, "4\n");
    const { has, end } = start(one.follow());
    await has(1);
    appendFileSync(file, "5\n6");
    await has(2);
    appendFileSync(file, "7\n");
    assert.deepEqual(await has(3), ["4", "5", "67"]);
    await end();
  });

  test("a file that is not there yet is waited for", async () => {
    const one = reader({ lines: 2 });
    assert.deepEqual(await history({}, one), []);
    const { has, end } = start(one.follow());
    writeFileSync(file, lines(1, 2));
    assert.deepEqual(await has(2), ["1", "2"]);
    await end();
  });

  test("where it is renamed it goes on in the new one, after the last lines of the old one", async () => {
    writeFileSync(file, lines(1, 2));
    const one = reader({ lines: 0 });
    await history({}, one);
    const { has, end } = start(one.follow());
    appendFileSync(file, "3\n");
    await has(1);
    renameSync(file, `${file}.1`);
    writeFileSync(file, "5\n");
    appendFileSync(`${file}.1`, "4\n");
    await has(3);
    appendFileSync(file, "6\n");
    assert.deepEqual(await has(4), ["3", "4", "5", "6"]);
    await end();
    assert.deepEqual(one.follow().errand.argv.slice(3, 5), [String(statSync(file).ino), "4"]);
  });

  test("after a loss it goes on where it was, in whatever file that is by now", async () => {
    writeFileSync(file, lines(1, 2));
    const one = reader({ lines: 0 });
    await history({}, one);
    const first = start(one.follow());
    appendFileSync(file, "3\n");
    await first.has(1);
    await first.end();
    appendFileSync(file, "4\n");
    for (const [line, number] of [
      ["5\n", 2],
      ["6\n", 1],
    ] as const) {
      renameSync(file, `${file}.${number}`);
      writeFileSync(file, line);
    }
    const second = start(one.follow());
    assert.deepEqual(await second.has(3), ["4", "5", "6"]);
    appendFileSync(file, "7\n");
    assert.deepEqual((await second.has(4)).at(-1), "7");
    await second.end();
  });

  test("only what matches, and after a loss no line twice", async () => {
    writeFileSync(file, "GET /1\nPUT /2\n");
    const one = reader({ lines: 9, grep: "GET" });
    assert.deepEqual(await history({}, one), ["GET /1"]);
    const first = start(one.follow());
    appendFileSync(file, "PUT /3\nGET /4\nPUT /5\n");
    assert.deepEqual(await first.has(1), ["GET /4"]);
    await first.end();
    const second = start(one.follow());
    appendFileSync(file, "GET /6\n");
    assert.deepEqual(await second.has(1), ["GET /6"]);
    await second.end();
  });

  test("a file that was emptied meanwhile begins anew", async () => {
    writeFileSync(file, lines(1, 9));
    const one = reader({ lines: 0 });
    await history({}, one);
    truncateSync(file, 0);
    appendFileSync(file, "a\n");
    const { has, end } = start(one.follow());
    assert.deepEqual(await has(1), ["a"]);
    await end();
  });
});
