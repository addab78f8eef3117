import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

// The output of `quadlet-fleet --help`, and errors in a command line that are found before any stack is read.

const root = join(import.meta.dirname, "../..");
const main = join(root, "cli/main.ts");

for (const [command, name = command] of [
  ["logs"],
  ["exec"],
  ["status"],
  ["review"],
  ["import-inventory"],
  ["up", "review"],
] as const)
  test(`${command} --help: it fits on a screen, with examples, and docs/${name}.md has each of its options`, () => {
    const help = execFileSync(process.execPath, [main, command, "--help"], { encoding: "utf8" });
    assert.ok(help.split("\n").length <= 30, help);
    assert.match(help, /\nExamples:\n/);
    const page = readFileSync(join(root, `docs/${name}.md`), "utf8");
    const options = [...help.matchAll(/--([a-z]+) {2}/g)].map(([, option]) => option ?? "");
    const common = ["stack", "cwd", "help", "version"];
    assert.deepEqual(
      options.filter(
        (option) => !common.includes(option) && !new RegExp(`\`--${option}\\b| --${option} `).test(page),
      ),
      [],
    );
  });

for (const [argv, says] of [
  [["logs"], /Arguments are missing: got 0, need at least 1\./],
  [["exec", "www", "uptime"], /Put "--" before the command: quadlet-fleet exec SITE -- COMMAND/],
  [["nope"], /Unknown command: nope/],
  [["logs", "www", "--nope"], /Unknown argument: nope/],
  [["review", "--max", "restarts"], /--max "restarts" is not a limit/],
  [["logs", "www", "--since", "soon"], /--since "soon" is not a time\. Times are: 1h/],
  [["logs", "www", "-n", "-1"], /--lines "-1" is not a whole number of 0 or more/],
  [["exec", "www"], /Give a command, after "--"/],
  [["exec", "www", "--"], /Give a command, after "--"/],
  [["exec", "www", "--timeout", "1m", "--", "true"], /--timeout "1m" is not a whole number/],
] as const)
  test(`${argv.join(" ")}: exit status 2`, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...argv], { encoding: "utf8" });
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, says);
    const command = argv[0] === "nope" ? "" : `${argv[0]} `;
    assert.match(stderr, new RegExp(`See: quadlet-fleet ${command}--help\\n$`));
  });
