import { controller, host, judge, legend, seconds, spread } from "../figures.ts";
import { type Machine, machineLines } from "../machine.ts";
import { type Kind, type Run, kinds } from "../measure.ts";
import { median } from "../statistics.ts";
import { table } from "../table.ts";

/** The numbers of sites. */
export const counts = [1, 20] as const;
export const named = (count: number) => `${count} ${count === 1 ? "site" : "sites"}`;

/** All sites together may take at most this many times as long as one. */
const aim = 4;

const measured = kinds.filter((kind) => kind !== "refresh");

export function sitesReport(runs: readonly Run[], machine: Machine): string {
  const of = (contestant: string, kind: Kind) =>
    runs.filter((run) => run.contestant === contestant && run.kind === kind);
  const [one, all] = counts.map(named) as [string, string];
  const figures = (values: (some: readonly Run[]) => number[]) =>
    table([
      ["", ...measured],
      ...[one, all].map((name) => [name, ...measured.map((kind) => spread(values(of(name, kind))))]),
    ]);
  const ratio = (kind: Kind) => median(seconds(of(all, kind))) / median(seconds(of(one, kind)));

  return `## Twenty sites on one host

Sites as Example 2, each on a port of its own. A change is one of each site.

${judge(`First up, ${all} / ${one}`, ratio("first up"), aim)}
${judge(`One-file change, ${all} / ${one}`, ratio("one-file change"), aim)}
${judge(`Image change, ${all} / ${one}`, ratio("image change"), aim)}

Seconds: ${legend}.

${figures(seconds)}

Seconds of processor time of the controller, of all that a run starts, likewise:

${figures(controller)}

Seconds of processor time of the host, likewise:

${figures(host)}

${machineLines(machine)}
`;
}
