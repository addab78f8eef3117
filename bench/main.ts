// `make bench`: how long this project, pyinfra, ansible and plain ssh take for the same job on the same throwaway hosts.
//
//   node bench/main.ts [--hosts 10] [--repeats 2] [--write]
//
// In a repeat each of them has a turn: a first up, an unchanged one and a change of one file; in the first repeat the last two
// are there twice. --write keeps the results in bench/results.md. Exit status 1: something failed, or this project did not log
// in as often as is right.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createFleet } from "../tools/fleet/index.ts";
import { ansible } from "./ansible.ts";
import { payload, warm } from "./job.ts";
import { describeMachine, load } from "./machine.ts";
import { countLogins } from "./measure.ts";
import { pyinfra } from "./pyinfra.ts";
import { givePython } from "./python.ts";
import { Race } from "./race.ts";
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
// Temporary files of all who run here, the engine's state among them: gone however this process ends.
const work = mkdtempSync(join(tmpdir(), "quadlet-fleet-bench-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));
process.env.TMPDIR = work;

try {
  await bench(count("hosts"), count("repeats"));
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  // Not by itself: others may still be at work.
  process.exit(1);
}

async function bench(hosts: number, repeats: number): Promise<void> {
  const loadBefore = load();
  await using fleet = await createFleet({ name: "bench", hosts });
  const own = await thisProject(fleet);
  process.on("exit", () => rmSync(own.stack.file, { force: true }));
  const files = payload(join(work, "payload"));
  const others = [
    await pyinfra(fleet, files, directory("pyinfra")),
    await ansible(fleet, files, directory("ansible")),
    parallelSsh(fleet, files),
  ];
  await Promise.all([givePython(fleet), warm(fleet)]);

  const race = new Race(fleet, own, files);
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const order = [own, ...others];
    // Nobody is always the first or the last. The first repeat is the longer one, so that one alone says something, too.
    for (const contestant of repeat % 2 === 0 ? order : order.reverse())
      await race.turn(contestant, repeat === 0 ? 2 : 1);
  }
  const results = {
    hosts,
    contestants: [own, ...others].map(({ name }) => name),
    runs: await countLogins(fleet, race.runs),
    peaks: race.memory.peaks,
    machine: await describeMachine(fleet, work, loadBefore),
  };
  const written = report(results);
  console.log(written);
  if (values.write) writeFileSync(join(import.meta.dirname, "results.md"), written);
  const problems = loginProblems(results);
  if (problems.length > 0) throw new Error(problems.join("\n"));
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
