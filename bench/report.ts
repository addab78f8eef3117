import { controller, host, judge, legend, seconds, spread } from "./figures.ts";
import { type CountedRun, type Kind, type Run, kinds } from "./measure.ts";
import type { Role } from "./memory.ts";
import { type Machine, machineLines } from "./machine.ts";
import { median } from "./statistics.ts";
import { table } from "./table.ts";
import { parallel } from "./this-project.ts";

/**
 * The most that is allowed. `plain` and `checked`: a one-file change, as a part of pyinfra's time without checks and with the same
 * checks. `hostSeconds`: its processor time of a host. `floor`: an unchanged up, as a part of an empty program's time.
 */
const aims = { plain: 1, checked: 0.5, hostSeconds: 0.8, floor: 1.2 };

export interface Results {
  /** The title of the section. */
  readonly title: string;
  /** What is special about this measurement. */
  readonly about: string;
  readonly hosts: number;
  /** In the order of the table: this project, pyinfra, pyinfra with the same checks, then others. */
  readonly contestants: readonly string[];
  /** The empty program. */
  readonly floor: string;
  readonly runs: readonly CountedRun[];
  /** The peak memory in bytes. */
  readonly peaks: ReadonlyMap<Role, number>;
  readonly machine: Machine;
}

/** The results in markdown, as prettier would lay it out. */
export function report(results: Results): string {
  const { title, about, hosts, contestants, floor, runs, machine } = results;
  const of = (contestant: string, kind: Kind) =>
    runs.filter((run) => run.contestant === contestant && run.kind === kind);
  const figures = (cell: (runs: readonly CountedRun[]) => string, names = contestants) =>
    table([["", ...kinds], ...names.map((one) => [one, ...kinds.map((kind) => cell(of(one, kind)))])]);
  const middle = (values: (runs: readonly Run[]) => number[], contestant: string, kind: Kind) =>
    median(values(of(contestant, kind)));
  const [own = "", rival = "", checked = ""] = contestants;
  const change = (contestant: string) => middle(seconds, contestant, "one-file change");
  const unchanged = (contestant: string) => middle(seconds, contestant, "unchanged up");

  return `## ${title}

${about}
Example 2 with a configuration file of its own, on ${hosts} hosts. All bring the same files, units and image into place, which is
checked after each turn, and take turns on the same hosts, which are emptied between them.

The aims, by medians:

${judge(`One-file change, ${own} / ${rival}`, change(own) / change(rival), aims.plain)}
${judge(`One-file change, ${own} / ${checked}`, change(own) / change(checked), aims.checked)}
${judge(`One-file change, seconds of processor time of a host`, middle(host, own, "one-file change"), aims.hostSeconds)}
${judge(`Unchanged up, ${own} / ${floor}`, unchanged(own) / unchanged(floor), aims.floor)}

Seconds: ${legend}.

${figures((some) => spread(seconds(some)), [...contestants, floor])}

Seconds of processor time of the controller, of all that a run starts, likewise:

${figures((some) => spread(controller(some)), [...contestants, floor])}

Seconds of processor time of a host, likewise:

${figures((some) => spread(host(some)))}

SSH logins on each host, in sshd's log, for one run:

${figures(logins)}

- Peak memory (resident set): ${[...results.peaks].map(([role, bytes]) => `${role} ${megabytes(bytes)}`).join(", ")};
  together at most ${megabytes([...results.peaks.values()].reduce((sum, bytes) => sum + bytes, 0))}.
${machineLines(machine)}
- All hosts are worked on at once, by this project with \`--parallel ${parallel}\`.
- "Same checks": \`nginx -t\` in the image with the new files before a restart or a reload, a request through the socket after it.
- ansible-core has python3 put onto the hosts beforehand; the others need none there. Its kept connections are closed after
  each run. Each host has used podman before. Each first up and each image change pulls an image anew.
`;
}

/** What must hold on any machine: no login if nothing changes, one for anything else. */
export function loginProblems({ contestants, runs }: Results): string[] {
  const own = runs.filter(({ contestant }) => contestant === contestants[0]);
  return own.flatMap(({ kind, logins }) => {
    const wanted = kind === "unchanged up" ? 0 : 1;
    return logins.every((count) => count === wanted)
      ? []
      : [`${kind}: ${logins.join(" ")} logins on the hosts, where ${wanted} a host is right`];
  });
}

function logins(runs: readonly CountedRun[]): string {
  const counts = [...new Set(runs.flatMap((run) => run.logins))].sort((left, right) => left - right);
  return counts.length === 0
    ? "–"
    : counts.length === 1
      ? `${counts[0]}`
      : `${counts[0]} to ${counts.at(-1)}`;
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
