import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, describe, test } from "node:test";
import type { Answer } from "../../host/facts/facts.ts";
import { refusal } from "../../host/transaction/refusal.ts";
import { transactionScript } from "../../host/transaction/script.ts";

// Records of a newer format are refused before any of them is read. The whole script runs here, in place of a user manager.

const root = mkdtempSync(join(tmpdir(), "quadlet-fleet-format-"));
const script = join(root, "transaction.sh");
const home = join(root, "home");
const state = join(home, ".local/state/quadlet-fleet");
const file = join(state, "format");
const format = Number(/^format=(\d+)$/m.exec(transactionScript.toString("utf8"))?.[1]);
writeFileSync(script, transactionScript);
after(() => rmSync(root, { recursive: true }));

beforeEach(() => {
  rmSync(home, { recursive: true, force: true });
  mkdirSync(join(state, "sets/web"), { recursive: true });
  writeFileSync(join(state, "sets/web/journal"), "absent\t-\t~/web.container\n");
});

const environment = { ...process.env, HOME: home, XDG_RUNTIME_DIR: root, RUNTIME_DIRECTORY: root };

/** The answers of a session without requests, and its exit status. */
function session(): { answers: Answer[]; status: number | null } {
  const argv = [script, "locked", "user", "web", "-", "no"];
  const { stdout, stderr, status } = spawnSync("sh", argv, {
    encoding: "utf8",
    env: environment,
    input: "end\n",
    timeout: 20_000,
  });
  assert.equal(stderr, "");
  const answers = stdout.split("\n").filter(Boolean);
  return { answers: answers.map((line) => JSON.parse(line) as Answer), status };
}

/** The error of a session that is refused. It makes and removes no file. */
function refused(): string {
  const before = readdirSync(home, { recursive: true });
  const { answers, status } = session();
  assert.equal(status, 77);
  assert.deepEqual(
    answers.map(({ event }) => event),
    ["refused"],
  );
  assert.deepEqual(readdirSync(home, { recursive: true }), before);
  return refusal("web-1", { account: undefined }, answers[0] as Answer).message;
}

describe("a format that is read", () => {
  for (const [what, content] of [
    ["an older one, which has no such file", undefined],
    ["an older one", "1\n"],
    ["this one", `${format}\n`],
    ["this one, without its newline", String(format)],
  ] as const)
    test(what, () => {
      if (content !== undefined) writeFileSync(file, content);
      // 1: there is no set, because no file says who owns it.
      assert.deepEqual(session(), { answers: [{ event: "ready" }], status: 1 });
    });
});

test("a newer one is refused", () => {
  writeFileSync(file, `${format + 1}\n`);
  assert.equal(
    refused(),
    `web-1: its records were written by a newer version of quadlet-fleet: ${file} says format ${format + 1}, and this version reads formats up to ${format}.
Nothing was changed on it.
Use the version of quadlet-fleet that deployed there last, or a newer one.`,
  );
});

describe("what is no number is refused", () => {
  const problem = (kept: string) =>
    `web-1: ${file} should hold the format of quadlet-fleet's records, a whole number. It holds ${JSON.stringify(kept)}.
Nothing was changed on it.
Find out what changed it. If this version made the last deploy to the host, write ${format} to it.`;
  const long = "1".repeat(1_000_000);
  for (const [what, content, kept] of [
    ["nothing", "", ""],
    ["zero", "0\n", "0"],
    ["a sign", "-1\n", "-1"],
    ["a fraction", "1.5\n", "1.5"],
    ["an expression", "1 -o 1\n", "1 -o 1"],
    ["a command", "$(reboot)\n", "$(reboot)"],
    ["a second line", "1\n2\n", "1\n2"],
    ["an escape", '1"\u001b[2J', '1"\u001b[2J'],
    ["a megabyte", long, long.slice(0, 100)],
  ] as const)
    test(what, () => {
      writeFileSync(file, content);
      assert.equal(refused(), problem(kept));
    });

  test("a directory", () => {
    mkdirSync(file);
    assert.equal(refused(), problem(""));
  });

  test("a FIFO, which is not waited for", () => {
    execFileSync("mkfifo", [file]);
    assert.equal(refused(), problem(""));
  });
});

test("what is written is what is read, and nothing else is left", () => {
  const note = () =>
    execFileSync("sh", [
      "-c",
      'as= work=$2; cd "$1"; . ./account.sh; . ./paths.sh; . ./format.sh; note_format "$3"',
      "sh",
      scripts,
      root,
      state,
    ]);
  const scripts = join(import.meta.dirname, "../../host/transaction/scripts");
  for (const before of [undefined, "1\n", `${format}\n`]) {
    if (before !== undefined) writeFileSync(file, before);
    note();
    assert.equal(readFileSync(file, "utf8"), `${format}\n`);
    assert.deepEqual(readdirSync(state).sort(), ["format", "sets"]);
  }
});
