import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createFleet } from "../tools/fleet/index.ts";
import { ansible } from "./ansible.ts";
import { payload, warm } from "./job.ts";
import { describeMachine, hostVersions, toolVersions } from "./machine.ts";
import { countLogins } from "./measure.ts";
import { pyinfra } from "./pyinfra.ts";
import { givePython } from "./python.ts";
import { Race } from "./race.ts";
import { loginProblems, report } from "./report.ts";
import { parallelSsh } from "./ssh.ts";
import { thisProject } from "./this-project.ts";

export interface FleetOptions {
  readonly hosts: number;
  readonly repeats: number;
  /** A directory for temporary files. */
  readonly work: string;
  /** Load of the machine before (machine.ts). */
  readonly load: number;
  /** Keep the results in bench/results.md. */
  readonly write: boolean;
}

/**
 * How long this project, pyinfra, ansible and plain ssh take for the same job on the same throwaway hosts.
 *
 * In a repeat each of them has a turn: a first up, an unchanged one and a change of one file; in the first repeat the last two
 * are there twice.
 *
 * @throws Error when something failed, or this project did not log in as often as is right.
 */
export async function benchFleet({ hosts, repeats, work, load, write }: FleetOptions): Promise<void> {
  await using fleet = await createFleet({ name: "bench", hosts });
  const own = await thisProject(fleet);
  process.on("exit", () => rmSync(own.stack.file, { force: true }));
  const files = payload(join(work, "payload"));
  const directory = (name: string) => {
    const at = join(work, name);
    mkdirSync(at);
    return at;
  };
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
  const [host] = fleet.hosts;
  const versions = host ? await hostVersions(host, ["podman", "--version"], ["systemctl", "--version"]) : [];
  const results = {
    hosts,
    contestants: [own, ...others].map(({ name }) => name),
    runs: await countLogins(fleet, race.runs),
    peaks: race.memory.peaks,
    machine: describeMachine(load, [...(await toolVersions(work)), ...versions]),
  };
  const written = report(results);
  console.log(written);
  if (write) writeFileSync(join(import.meta.dirname, "results.md"), written);
  const problems = loginProblems(results);
  if (problems.length > 0) throw new Error(problems.join("\n"));
}
