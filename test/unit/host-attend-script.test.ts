import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { scriptOf } from "../../host/attended/attend.ts";

// The script that runs a command on a host as long as its reader is connected: host/attended/scripts/attend.sh.

/** Starts a script as attend() does, without SSH. */
function start(
  script: string,
  words: readonly string[] = [],
  { arguments_ = ["-", "either"], attend = scriptOf("attend") } = {},
) {
  const child = spawn("sh", ["-c", attend, "quadlet-fleet", ...arguments_]);
  const said = { stdout: "", stderr: "" };
  for (const output of ["stdout", "stderr"] as const)
    child[output].setEncoding("utf8").on("data", (text: string) => (said[output] += text));
  const lines = ["sh", "-c", script, "quadlet-fleet", ...words].map(
    (word) => `w${word.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
  );
  child.stdin.on("error", () => undefined);
  child.stdin.write(["a password that sudo did not need", "quadlet-fleet", ...lines, "run", ""].join("\n"));
  const ended = once(child, "close").then(([code]) => code as number);
  const says = async (what: RegExp) => {
    while (!what.test(said.stdout)) await sleep(5);
    return what.exec(said.stdout)?.[1] ?? "";
  };
  return { child, said, ended, says };
}

const isThere = (pid: string) => existsSync(`/proc/${pid}`);
const gone = async (...pids: string[]) => {
  while (pids.some(isThere)) await sleep(5);
};

test("words arrive as they are, whatever is in them", async () => {
  const words = [
    "a b",
    "",
    "it's",
    '"',
    "$(id)",
    "`id`",
    "back\\slash\\n",
    "two\nlines\n",
    "\n",
    "-n",
    "*",
    "é",
    "wx",
    "run",
  ];
  const { said, ended } = start(`printf '%s|' "$@"`, words);
  assert.equal(await ended, 0);
  assert.equal(said.stdout, `\n{"event":"entered"}\n${words.map((word) => `${word}|`).join("")}`);
});

test("its exit status and its standard error are passed on, after a line that says that it runs", async () => {
  const { said, ended } = start("echo out; echo error >&2; exit 7");
  assert.equal(await ended, 7);
  assert.equal(said.stderr, '\n{"event":"running"}\nerror\n');
});

test("it has nothing to read", async () => {
  const { said, ended } = start("cat; echo end");
  await ended;
  assert.match(said.stdout, /\}\nend\n$/);
});

test("when nobody listens any more, all of it ends, and what it has started", async () => {
  const { child, ended, says } = start('sleep 600 & echo "($!)"; echo "[$$]"; wait');
  const pids = [await says(/\((\d+)\)/), await says(/\[(\d+)\]/)];
  assert.ok(pids.every(isThere));
  child.stdin.end();
  assert.equal(await ended, 128 + 15);
  await gone(...pids);
});

test("so it does when what has listened was killed, and nothing reads what it prints", async () => {
  const { child, says } = start('trap "" PIPE; echo "[$$]"; while :; do echo more; sleep 0.1; done');
  const pid = await says(/\[(\d+)\]/);
  for (const stream of child.stdio) stream?.destroy();
  await gone(pid);
});

test("it may take its time to end, and is waited for", async () => {
  const { child, said, ended, says } = start(
    'trap "sleep 0.5; echo done; exit 3" TERM; echo "[$$]"; while :; do sleep 0.1; done',
  );
  await says(/\[(\d+)\]/);
  child.stdin.end();
  assert.equal(await ended, 3);
  assert.match(said.stdout, /done\n$/);
});

test("so it does when nothing is heard any more, as the network is gone", async () => {
  const attend = scriptOf("attend").replace("timeout 90 ", "timeout 1 ");
  assert.notEqual(attend, scriptOf("attend"));
  const { ended } = start("sleep 600", [], { attend });
  assert.equal(await ended, 128 + 15);
});

test("characters that come meanwhile are no reason to end", async () => {
  const { child, ended, says } = start('echo "[$$]"; sleep 1; exit 4');
  await says(/\[(\d+)\]/);
  for (let beat = 0; beat < 5; beat += 1) child.stdin.write(".");
  assert.equal(await ended, 4);
});

test("without the last word nothing is run", async () => {
  const child = spawn("sh", ["-c", scriptOf("attend"), "quadlet-fleet", "-", "either"]);
  child.stdin.end("quadlet-fleet\nwtouch\nw/nonexistent/x\n");
  const [code] = (await once(child, "close")) as [number];
  assert.equal(code, 1);
});

test("what is refused", async () => {
  const refused = async (...arguments_: string[]) => {
    const { said, ended } = start("echo ran", [], { arguments_ });
    assert.equal(await ended, 77);
    return said.stdout.split("\n").at(-2);
  };
  assert.equal(await refused("nobody-here", "account"), '{"event":"refused","reason":"no-account"}');
  if (process.getuid?.() === 0) return;
  assert.equal(await refused("-", "root"), '{"event":"refused","reason":"not-root"}');
  assert.equal(await refused("root", "either"), '{"event":"refused","reason":"other-account"}');
});
