// `make bench`: how long this project, pyinfra, ansible and plain ssh take for the same job on the same throwaway hosts.
//
//   node bench/main.ts [--hosts 10] [--repeats 2] [--write]
//
// A repeat is one first up, two unchanged ones and two changes of one file for each. --write keeps the results in
// bench/results.md. Exit status 1: something failed, or this project logged in more often than it should.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createFleet } from "../tools/fleet/index.ts";
import { ansible } from "./ansible.ts";
import type { Contestant } from "./contestant.ts";
import { clean, expectPage, inspect, payload, takePayload, warm } from "./job.ts";
import { describeMachine, load } from "./machine.ts";
import { type Kind, type Run, countLogins, timed } from "./measure.ts";
import { MemoryWatch } from "./memory.ts";
import { pyinfra } from "./pyinfra.ts";
import { givePython } from "./python.ts";
import { loginProblems, report } from "./report.ts";
import { parallelSsh } from "./ssh.ts";
import { thisProject } from "./this-project.ts";

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "10" },
    repeats: { type: "string", default: "2" },
    write: { type: "boolean", default: false },
  },
});
const [hosts, repeats] = [count("hosts"), count("repeats")];

const loadBefore = load();
const fleet = await createFleet({ name: "bench", hosts });
// Temporary files of all who run here, the engine's state among them: gone however this process ends.
const work = mkdtempSync(join(tmpdir(), "quadlet-fleet-bench-"));
process.env.TMPDIR = work;
const own = await thisProject(fleet);
process.on("exit", () => {
  rmSync(own.stack.file, { force: true });
  rmSync(work, { recursive: true, force: true });
});

const files = payload(join(work, "payload"));
const contestants = [
  own,
  await pyinfra(fleet, files, directory("pyinfra")),
  await ansible(fleet, files, directory("ansible")),
  parallelSsh(fleet, files),
];
await Promise.all([givePython(fleet), warm(fleet)]);

const runs: Run[] = [];
const memory = new MemoryWatch();
let reference: string | undefined;

for (let repeat = 0; repeat < repeats; repeat += 1) {
  // Nobody is always the first or the last.
  for (const contestant of repeat % 2 === 0 ? contestants : contestants.toReversed()) await turn(contestant);
}

const machine = await describeMachine(fleet, work, loadBefore);
const results = {
  hosts,
  contestants: contestants.map(({ name }) => name),
  runs: await countLogins(fleet, runs),
  peaks: memory.peaks,
  machine,
};
await fleet.dispose();
const written = report(results);
console.log(written);
if (values.write) writeFileSync(join(import.meta.dirname, "results.md"), written);
for (const problem of loginProblems(results)) {
  console.error(`bench: ${problem}`);
  process.exitCode = 1;
}

/** From empty hosts to empty hosts. */
async function turn(contestant: Contestant): Promise<void> {
  await run(contestant, "first up", "one");
  if (contestant === own) await takePayload(fleet, files.directory);
  for (const page of ["two", "one"]) {
    await run(contestant, "unchanged up");
    await run(contestant, "one-file change", page);
  }
  if (contestant === own) runs.push(await timed(own.name, "refresh", () => own.refresh()));
  for (const seen of await inspect(fleet)) {
    reference ??= seen;
    assert.equal(seen, reference, `${contestant.name} leaves a host other than ${own.name} does`);
  }
  await contestant.remove?.();
  await clean(fleet);
}

async function run(contestant: Contestant, kind: Kind, page?: string): Promise<void> {
  if (page !== undefined) contestant.want(page);
  const measured = await timed(contestant.name, kind, () => memory.during(() => contestant.run()));
  runs.push(measured);
  const seconds = (measured.ended - measured.began) / 1000;
  console.error(`bench: ${contestant.name}, ${kind}: ${seconds.toFixed(2)} s`);
  if (page !== undefined) await expectPage(fleet, page);
  await contestant.settle?.();
}

function count(option: "hosts" | "repeats"): number {
  const value = Number(values[option]);
  if (Number.isInteger(value) && value >= 1 && value <= 50) return value;
  throw new Error(`--${option} ${values[option]}: give a whole number from 1 to 50`);
}

function directory(name: string): string {
  const at = join(work, name);
  mkdirSync(at);
  return at;
}
