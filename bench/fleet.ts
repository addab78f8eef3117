import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Fleet, createFleet } from "../tools/fleet/index.ts";
import { ansible } from "./ansible.ts";
import { type Way, farAway, line } from "./distance/index.ts";
import { emptyProgram } from "./empty-program.ts";
import { payload, warm } from "./job.ts";
import { describeMachine, hostVersions, toolVersions } from "./machine.ts";
import { countLogins } from "./measure.ts";
import type { Part } from "./part.ts";
import { pyinfra } from "./pyinfra.ts";
import { givePython } from "./python.ts";
import { Race } from "./race.ts";
import { loginProblems, report } from "./report.ts";
import { parallelSsh } from "./ssh.ts";
import { thisProject } from "./this-project.ts";

const name = "bench";

/** How long this project, pyinfra, ansible and plain ssh take for the same job on the same throwaway hosts. */
export const benchFleet: Part = (options) =>
  compare(options, "A fleet", "How long this project and others take for the same job.", (fleet) => ({
    fleet,
    [Symbol.dispose]() {},
  }));

/** The same over a long line. */
export const benchDistance: Part = async (options) => {
  const about = `As above, but ${line.delay} ms lie between the controller and the hosts, there and back, and ${line.loss} % of the packets get lost in each
direction. The registry is beside the hosts.`;
  return compare(options, "The same fleet, far away", about, (fleet) => farAway(fleet, name, options.work));
};

/**
 * In each repeat every contestant has a turn: a first up, an unchanged one, a change of one file and another image. The turns of the
 * first repeat have the second and the third of these twice.
 *
 * @param way gives the hosts as the contestants reach them; the bench itself looks at the hosts from nearby
 */
async function compare(
  { hosts, repeats, work, load }: Parameters<Part>[0],
  title: string,
  about: string,
  way: (fleet: Fleet) => Way | Promise<Way>,
): ReturnType<Part> {
  await using fleet = await createFleet({ name, hosts });
  using their = await way(fleet);
  const directory = (what: string) => {
    const at = join(work, what);
    mkdirSync(at);
    return at;
  };
  const own = await thisProject(their.fleet);
  process.on("exit", () => rmSync(own.stack.file, { force: true }));
  const files = payload(directory("payload"));
  const others = [
    await pyinfra(their.fleet, files, directory("pyinfra"), { checks: false }),
    await pyinfra(their.fleet, files, directory("pyinfra-checks"), { checks: true }),
    await ansible(their.fleet, files, directory("ansible")),
    parallelSsh(their.fleet, files),
  ];
  const floor = await emptyProgram(directory("empty"));
  await Promise.all([givePython(fleet), warm(fleet)]);

  const race = new Race(fleet, own, floor, files);
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const order = [own, ...others];
    // No contestant is always the first or the last. The first repeat is the longer one, so that a single repeat says something, too.
    for (const contestant of repeat % 2 === 0 ? order : order.reverse())
      await race.turn(contestant, repeat === 0 ? 2 : 1);
  }
  const [host] = fleet.hosts;
  const versions = host ? await hostVersions(host, ["podman", "--version"], ["systemctl", "--version"]) : [];
  const results = {
    title,
    about,
    hosts,
    contestants: [own, ...others].map(({ name }) => name),
    floor: floor.name,
    runs: await countLogins(fleet, race.runs),
    peaks: race.memory.peaks,
    machine: describeMachine(load, [...(await toolVersions(work)), ...versions]),
  };
  return { section: report(results), problems: loginProblems(results) };
}
