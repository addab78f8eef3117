import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, afterEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

// `quadlet-fleet review` and `up`, with a fake `pulumi` that prints given texts and notes how it is called.

const main = join(import.meta.dirname, "../../cli/main.ts");
const directory = mkdtempSync(join(tmpdir(), "cli-up-"));
after(() => rmSync(directory, { recursive: true }));
const at = (name: string) => join(directory, name);
const fake = `#!${process.execPath}
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require("node:fs");
const words = process.argv.slice(2);
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith("QUADLET_FLEET_")));
appendFileSync("asked", JSON.stringify({ words, env }) + "\\n");
if (words[0] === "version") console.log("v3.258.0");
if (words[0] === "preview") process.stdout.write(readFileSync("preview"));
if (words[0] === "up") {
  console.log("deploying");
  let signals = 0;
  process.on("SIGINT", () => appendFileSync("signals", "INT "));
  process.on("SIGTERM", () => appendFileSync("signals", "TERM "));
  if (!existsSync("waits")) process.exit(Number(readFileSync("status", "utf8")));
  writeFileSync("runs", "");
  setInterval(() => { if (!existsSync("waits")) process.exit(130); }, 20);
}
`;
writeFileSync(at("pulumi"), fake, { mode: 0o755 });
afterEach(() => {
  for (const name of ["asked", "signals", "waits", "runs"]) rmSync(at(name), { force: true });
});

const urn = "urn:pulumi:s::p::quadlet:index:UnitSet::www";

/** The output of the preview from now on. */
function previews({ content = "c", state: recorded = "s", op = "update", outputs = {} } = {}): void {
  const approval = { content, hosts: "h", images: "i", state: recorded, version: "0.1.0" };
  const state = { type: "quadlet:index:UnitSet", inputs: { where: { "web-1": "a" } }, outputs };
  const said = {
    steps: [{ op, urn, oldState: state, newState: state, detailedDiff: {} }],
    diagnostics: [{ urn, severity: "info", message: JSON.stringify({ approval }) }],
  };
  writeFileSync(at("preview"), JSON.stringify(said));
  writeFileSync(at("status"), "0");
}

function start(argv: readonly string[]) {
  const env = { ...process.env, PATH: `${directory}${delimiter}${process.env.PATH}` };
  return spawn(process.execPath, [main, ...argv, "--stack", "s"], { cwd: directory, env, detached: true });
}

async function run(...argv: string[]) {
  const child = start(argv);
  const said = { stdout: "", stderr: "" };
  for (const output of ["stdout", "stderr"] as const)
    child[output].setEncoding("utf8").on("data", (text: string) => (said[output] += text));
  const [status] = (await once(child, "close")) as [number | null];
  return { status, ...said };
}

interface Asked {
  readonly words: string[];
  readonly env: Record<string, string>;
}

function asked(command: string): Asked[] {
  const lines = readFileSync(at("asked"), "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Asked).filter(({ words }) => words[0] === command);
}

async function approved(): Promise<string> {
  const { stdout } = await run("review", "--json");
  rmSync(at("asked"));
  return (JSON.parse(stdout) as { approval: string }).approval;
}

test("--save writes what --json prints, and both have the approval at the end of the Markdown", async () => {
  previews();
  const [{ stdout }, json] = [await run("review", "--save", "saved"), await run("review", "--json")];
  assert.equal(readFileSync(at("saved"), "utf8"), json.stdout);
  const { approval } = JSON.parse(json.stdout) as { approval: string };
  assert.ok(stdout.endsWith(`\nApproval: \`${approval}\`\n`));
  const failed = await run("review", "--save", "no/saved");
  assert.equal(failed.status, 1);
  assert.match(failed.stderr, /^quadlet-fleet: --save no\/saved: ENOENT/);
});

test("a review that --max refuses has no approval", async () => {
  previews();
  const { status, stdout } = await run("review", "--max", "restarts=0", "--save", "saved");
  assert.equal(status, 3);
  assert.match(stdout, /\nNo approval: more changes than is allowed\n$/);
  const saved = JSON.parse(readFileSync(at("saved"), "utf8")) as object;
  assert.ok(!("approval" in saved) && "unapproved" in saved);
});

test("what is approved: pulumi up gets it, and its output and its exit status are passed on", async () => {
  previews();
  const approval = await approved();
  writeFileSync(at("status"), "7");
  const { status, stdout } = await run("up", "--approved", approval);
  assert.deepEqual([status, stdout], [7, "deploying\n"]);
  const [{ words = [], env = {} } = {}] = asked("up");
  assert.deepEqual(words, ["up", "--yes", "--skip-preview", "--non-interactive", "--stack", "s"]);
  assert.match(env.QUADLET_FLEET_APPROVED ?? "", /^[\w-]{22}$/);
  assert.equal(env.QUADLET_FLEET_OUTLOOK, undefined);
  const [preview] = asked("preview");
  assert.ok(preview?.words.includes("--refresh"));
});

test("what is not: exit status 3, what differs, the present review, and no pulumi up", async () => {
  previews();
  const approval = await approved();
  previews({ content: "d", outputs: { drift: { "web-1": "edited: /x\u001b[2J" } } });
  const { status, stdout, stderr } = await run("up", "--approved", approval);
  assert.equal(status, 3);
  assert.match(stderr, /^quadlet-fleet: Nothing was changed, .*\n- What the sites get, [^\n]*\n$/);
  assert.match(stdout, /^## s: 1 site changes/);
  assert.doesNotMatch(stdout + stderr, /\p{Control}\[2J|Approval:/u);
  assert.deepEqual(asked("up"), []);
});

test("what an earlier run has deployed: exit status 0, and no pulumi up; but not another content", async () => {
  previews();
  const approval = await approved();
  previews({ op: "same", state: "deployed" });
  const again = await run("up", "--approved", approval);
  assert.deepEqual(
    [again.status, again.stdout, again.stderr],
    [0, "", "quadlet-fleet: Nothing to do: what was approved is deployed already.\n"],
  );
  previews({ op: "same", state: "deployed", content: "d" });
  assert.equal((await run("up", "--approved", approval)).status, 3);
  previews({ state: "deployed" });
  assert.equal((await run("up", "--approved", approval)).status, 3);
  assert.deepEqual(asked("up"), []);
});

test("a host that could not be reached: its name, and no pulumi up", async () => {
  previews();
  const approval = await approved();
  previews({ outputs: { unseen: "web-1: no SSH connection within 15 s." } });
  const { status, stderr } = await run("up", "--approved", approval);
  assert.equal(status, 1);
  assert.match(stderr, /Nothing was changed: [^\n]*\nwww: web-1: no SSH connection within 15 s\.\n/);
  assert.deepEqual(asked("up"), []);
});

test("what is no approval: exit status 2, and nothing is asked", async () => {
  for (const argv of [["up"], ["up", "--approved", "x"], ["up", "--approved"]]) {
    const { status, stderr } = await run(...argv);
    assert.equal(status, 2);
    assert.match(stderr, /approved/);
  }
  assert.ok(!existsSync(at("asked")));
});

for (const [what, pidOf] of [
  ["of a terminal, to the whole process group", (pid: number) => -pid],
  ["of a job that is cancelled, to the command alone", (pid: number) => pid],
] as const)
  test(`Ctrl-C ${what}: pulumi gets it once, and ends in its own time`, async () => {
    previews();
    const approval = await approved();
    writeFileSync(at("waits"), "");
    const child = start(["up", "--approved", approval]);
    const ended = once(child, "exit");
    while (!existsSync(at("runs"))) await sleep(20);
    process.kill(pidOf(child.pid ?? 0), "SIGINT");
    while (!existsSync(at("signals"))) await sleep(20);
    await sleep(300);
    assert.equal(child.exitCode, null);
    assert.equal(readFileSync(at("signals"), "utf8"), "INT ");
    rmSync(at("waits"));
    assert.deepEqual(await ended, [130, null]);
  });
