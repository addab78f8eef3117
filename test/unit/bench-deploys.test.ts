import assert from "node:assert/strict";
import { test } from "node:test";
import { format } from "prettier";
import { judge } from "../../bench/figures.ts";
import type { CountedRun, Kind } from "../../bench/measure.ts";
import { loginProblems, report, type Results } from "../../bench/report.ts";
import { replaceSection } from "../../bench/results.ts";
import { sitesReport } from "../../bench/sites/report.ts";
import { stepsReport } from "../../bench/steps/report.ts";

const machine = { date: "2026-11-24", versions: ["x 1"], cores: 2, model: "M", gibibytes: 24, load: 0 };

/** A run of this many seconds, a tenth of them on the controller and a hundredth on a host. */
const run = (contestant: string, kind: Kind, seconds: number, logins = [1, 1]): CountedRun => ({
  contestant,
  kind,
  began: 1000,
  ended: 1000 + seconds * 1000,
  controller: seconds / 10,
  host: seconds / 100,
  logins,
});

function results(...runs: CountedRun[]): Results {
  const contestants = ["own", "pyinfra", "pyinfra, same checks", "ssh"];
  const about = "About it.";
  return {
    title: "A fleet",
    about,
    hosts: 2,
    contestants,
    floor: "empty",
    runs,
    peaks: new Map([["plugin", 5e6]]),
    machine,
  };
}

const lines = (text: string, beginning: string) =>
  text.split("\n").filter((line) => line.startsWith(beginning));

test("an aim is met by what is as much, and not by more or by nothing", () => {
  assert.equal(judge("x / y", 1.2, 1.2), "- x / y: 1.20. The aim is 1.2 at most: **met**.");
  assert.equal(judge("x / y", 1.21, 1.2), "- x / y: 1.21. The aim is 1.2 at most: **NOT met**.");
  assert.equal(judge("x / y", NaN, 1.2), "- x / y: NaN. The aim is 1.2 at most: **NOT met**.");
});

test("the aims compare medians, each with its own rival", () => {
  const text = report(
    results(
      run("own", "one-file change", 2),
      run("own", "one-file change", 3),
      run("own", "one-file change", 90),
      run("pyinfra", "one-file change", 3),
      run("pyinfra, same checks", "one-file change", 5),
      run("own", "unchanged up", 1.2, [0, 0]),
      run("empty", "unchanged up", 1),
    ),
  );
  assert.deepEqual(lines(text, "- One-file change").concat(lines(text, "- Unchanged up")), [
    "- One-file change, own / pyinfra: 1.00. The aim is 1.0 at most: **met**.",
    "- One-file change, own / pyinfra, same checks: 0.60. The aim is 0.5 at most: **NOT met**.",
    "- One-file change, seconds of processor time of a host: 0.03. The aim is 0.8 at most: **met**.",
    "- Unchanged up, own / empty: 1.20. The aim is 1.2 at most: **met**.",
  ]);
});

test("a table each of time, of the controller's and of a host's processor time, and of logins", () => {
  const text = report(results(run("own", "image change", 8), run("ssh", "first up", 4, [1, 2])));
  const cells = (line: string) => line.split("|").map((cell) => cell.trim());
  assert.deepEqual(lines(text, "| own").map(cells), [
    ["", "own", "–", "–", "–", "8.00 / 8.00 / 8.00 (1)", "–", ""],
    ["", "own", "–", "–", "–", "0.80 / 0.80 / 0.80 (1)", "–", ""],
    ["", "own", "–", "–", "–", "0.08 / 0.08 / 0.08 (1)", "–", ""],
    ["", "own", "–", "–", "–", "1", "–", ""],
  ]);
  assert.deepEqual(cells(lines(text, "| ssh")[3] ?? "")[2], "1 to 2");
});

test("an unchanged up logs in nowhere, anything else once; what others do is no problem", () => {
  const right = [
    run("own", "unchanged up", 1, [0, 0]),
    run("own", "refresh", 1),
    run("ssh", "first up", 1, [2]),
  ];
  assert.deepEqual(loginProblems(results(...right)), []);
  assert.deepEqual(loginProblems(results(run("own", "unchanged up", 1), run("own", "first up", 1, [1, 2]))), [
    "unchanged up: 1 1 logins on the hosts, where 0 a host is right",
    "first up: 1 2 logins on the hosts, where 1 a host is right",
  ]);
});

const sites = (all: number) => [
  run("1 site", "first up", 5),
  run("20 sites", "first up", all),
  run("1 site", "one-file change", 2),
  run("20 sites", "one-file change", 8),
];

test("twenty sites take at most four times what one takes", () => {
  assert.deepEqual(lines(sitesReport(sites(21), machine), "- ").slice(0, 2), [
    "- First up, 20 sites / 1 site: 4.20. The aim is 4.0 at most: **NOT met**.",
    "- One-file change, 20 sites / 1 site: 4.00. The aim is 4.0 at most: **met**.",
  ]);
});

const steps = (cpu: number) => [
  { kind: "first up", step: "starting", cpu, time: 20 },
  { kind: "first up", step: "writing", cpu: 1, time: 1 },
  { kind: "first up", step: "writing", cpu: 2, time: 3 },
  { kind: "one-file change", step: "starting", cpu: 7, time: 8 },
];

test("a step's time is the median of the repeats, and in each of them the sum of those of the same name", () => {
  const text = stepsReport([steps(10), steps(90), steps(11)], machine);
  assert.deepEqual(lines(text, "| "), [
    "| first up | CPU, ms | time, ms |",
    "| -------- | ------- | -------- |",
    "| starting | 11      | 20       |",
    "| writing  | 3       | 4        |",
    "| all      | 14      | 24       |",
    "| one-file change | CPU, ms | time, ms |",
    "| --------------- | ------- | -------- |",
    "| starting        | 7       | 8        |",
    "| all             | 7       | 8        |",
  ]);
});

test("a section replaces the one with its heading, and a new one is the last", () => {
  const first = replaceSection("# Anything\n\nOld text.\n", "## One\n\n1\n");
  assert.match(first, /^# What a deploy takes\n\n[^#]+\n\n## One\n\n1\n$/);
  const both = replaceSection(first, "## Two\n\n2\n");
  assert.ok(both.endsWith("\n\n## One\n\n1\n\n## Two\n\n2\n"));
  assert.equal(replaceSection(both, "## One\n\n3\n"), both.replace("1", "3"));
});

test("prettier has nothing to change", async () => {
  const sections = [
    report(results(run("own", "first up", 8))),
    sitesReport(sites(21), machine),
    stepsReport([steps(1)], machine),
  ];
  const text = sections.reduce(replaceSection, "");
  assert.equal(await format(text, { parser: "markdown", printWidth: 110 }), text);
});
