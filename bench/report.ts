import type { CountedRun, Kind } from "./measure.ts";
import type { Role } from "./memory.ts";
import { type Machine, machineLines } from "./machine.ts";
import { median } from "./statistics.ts";
import { table } from "./table.ts";
import { parallel } from "./this-project.ts";

/** How much faster than pyinfra a one-file change shall be. */
const aim = 0.7;

export interface Results {
  readonly hosts: number;
  /** In the order of the table; the first is this project. */
  readonly contestants: readonly string[];
  readonly runs: readonly CountedRun[];
  /** Bytes. */
  readonly peaks: ReadonlyMap<Role, number>;
  readonly machine: Machine;
}

/** The results in markdown, as prettier would lay it out. */
export function report(results: Results): string {
  const { hosts, contestants, runs, machine } = results;
  const of = (contestant: string, kind: Kind) =>
    runs.filter((run) => run.contestant === contestant && run.kind === kind);
  const kinds = ["first up", "unchanged up", "one-file change"] as const;
  const [own = "", rival = ""] = contestants;
  const ratio = median(seconds(of(own, "one-file change"))) / median(seconds(of(rival, "one-file change")));

  return `# ${hosts} hosts: quadlet-fleet and others

Example 2 with a configuration file of its own. All bring the same files, units and image into place, which is checked after
each turn, and take turns on the same hosts, which are emptied between them.
Seconds: least / median / greatest, and from how many runs.

${table([
  ["", ...kinds],
  ...contestants.map((one) => [one, ...kinds.map((kind) => spread(seconds(of(one, kind))))]),
])}

Seconds of processor time of a host, likewise:

${table([
  ["", ...kinds, "refresh"],
  ...contestants.map((one) => [
    one,
    ...[...kinds, "refresh" as const].map((kind) => spread(of(one, kind).map(({ cpu }) => cpu))),
  ]),
])}

SSH logins on each host, in sshd's log, for one run:

${table([
  ["", ...kinds, "refresh"],
  ...contestants.map((one) => [one, ...[...kinds, "refresh" as const].map((kind) => logins(of(one, kind)))]),
])}

- One-file change, quadlet-fleet / ${rival}, medians: ${ratio.toFixed(2)}. The aim is ${aim} at most: ${ratio <= aim ? "met" : "NOT met"}.
- A refresh of all ${hosts} hosts takes ${spread(seconds(of(own, "refresh")))} s.
- Peak memory (resident set): ${[...results.peaks].map(([role, bytes]) => `${role} ${megabytes(bytes)}`).join(", ")};
  together at most ${megabytes([...results.peaks.values()].reduce((sum, bytes) => sum + bytes, 0))}.
${machineLines(machine)}
- All hosts are worked on at once, by this project with \`--parallel ${parallel}\`.
- ansible-core has python3 put onto the hosts beforehand; the others need none there. Its kept connections are closed after
  each run. Each host has used podman before; the image is pulled anew in each first up.
`;
}

/** What must hold whatever the machine: no login where nothing changes, one for anything else. */
export function loginProblems({ contestants, runs }: Results): string[] {
  const own = runs.filter(({ contestant }) => contestant === contestants[0]);
  return own.flatMap(({ kind, logins }) => {
    const wanted = kind === "unchanged up" ? 0 : 1;
    return logins.every((count) => count === wanted)
      ? []
      : [`${kind}: ${logins.join(" ")} logins on the hosts, where ${wanted} a host is right`];
  });
}

const seconds = (runs: readonly CountedRun[]) => runs.map(({ began, ended }) => (ended - began) / 1000);

function spread(values: readonly number[]): string {
  if (values.length === 0) return "–";
  const figures = [Math.min(...values), median(values), Math.max(...values)].map((value) => value.toFixed(2));
  return `${figures.join(" / ")} (${values.length})`;
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
