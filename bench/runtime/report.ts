import { type Machine, busy, isBusy, machineLines } from "../machine.ts";
import { median } from "../statistics.ts";
import { table } from "../table.ts";
import type { Panel } from "./plot.ts";
import { activated, activatedToFile, host, isMeasured, shapes } from "./shapes.ts";
import { type Kind, kinds } from "./site.ts";
import type { Measurement } from "./turn.ts";

/** The aims: the least share of the host nginx's requests a second, and for which shape; without the access log and with it. */
const aims = {
  plain: { shape: activated, least: 0.95 },
  logged: { shape: activatedToFile, least: 0.85 },
} as const;
const aimOf = ({ logged }: Kind) => (logged ? aims.logged : aims.plain);

export interface Results {
  /** Each round has every shape under every kind of load. */
  readonly rounds: readonly (readonly Measurement[])[];
  /** How long each load lasted. */
  readonly seconds: number;
  readonly connections: number;
  readonly threads: number;
  readonly machine: Machine;
}

/** The results in markdown, as prettier would lay it out. */
export function report(results: Results): string {
  const { rounds, seconds, connections, threads, machine } = results;
  const failures = failed(results);
  return `# nginx at run time

With this page you can see what a request costs when nginx gets its socket from systemd: compared with nginx on the host, and with podman's networks.

Written by \`node bench/main.ts --only runtime --write\`.

![Requests a second of each way, of those of nginx on the host](performance.svg)

The aims: socket-activated, at least ${aims.plain.least} × the requests a second of nginx on the host, and ${aims.logged.least} × with the access log on and in
a file. Median of the rounds (least to greatest)${isBusy(machine) ? `; **${busy}**` : ""}:

${kinds.map((kind) => `- ${kind.name}: ${judge(results, kind)}`).join("\n")}

${shapes.map(({ name, about }) => `- **${name}**: ${about}.`).join("\n")}

${kinds.map((kind) => `## ${kind.name}\n\n${kindTable(results, kind)}`).join("\n\n")}

## How it was measured

- One host, where each of them runs in its turn only, ${rounds.length} ${rounds.length === 1 ? "round" : "rounds"} of turns, in another order each. The figures are medians
  (least to greatest); "× host" is by round. p99: what 99 of 100 requests took at most.
- CPU: what all processes of the host used for a request, and the kernel for them. The load generator is not in it. It tells more
  than requests a second where the load generator is the limit (1 MiB), and where other work runs.
- wrk, ${seconds} s each, ${threads} ${threads === 1 ? "thread" : "threads"}, ${connections} connections, from a separate network namespace across the bridge that the host
  is on. It wants the next answer as soon as it has one, so p99 is that of a machine with no idle core: wrk, the kernel
  and the host share the cores.
- The same files, configuration and \`worker_processes\` everywhere. The access log is off, except in the last table: there an entry
  goes to a file on the host, with \`accessLog\` too, and else from a container to conmon and the journal (podman's default), which
  drops what is above its rate limit. [Access logs](access-logs.md) compares the other ways.
- Requests that failed: ${failures === "" ? "none" : failures}.
- What one turn leaves to the next is bounded: ended connections (\`tcp_max_tw_buckets\`), netavark's chains, which have the
  kernel track every connection on the host.
${machineLines(machine)}
`;
}

function kindTable(results: Results, measured: Kind): string {
  const { name: kind, logged } = measured;
  return table([
    ["", "requests/s", "× host", "p99, ms", "CPU, µs", ...(logged ? ["of it the journal"] : [])],
    ...shapesOf(measured).map(({ name }) => {
      const runs = all(results, name, kind);
      const cell = (figure: "perSecond" | "p99" | "cpu" | "journal", text: (value: number) => string) =>
        spread(
          runs.map((run) => run[figure]),
          text,
        );
      const ratio = name === host.name ? "1" : spread(ratios(results, kind, name), fixed(2));
      const cells = [name, cell("perSecond", whole), ratio, cell("p99", fixed(2)), cell("cpu", fixed(1))];
      return logged ? [...cells, cell("journal", fixed(1))] : cells;
    }),
  ]);
}

/** The content of the plot. */
export function panels(results: Results): Panel[] {
  return kinds.map((kind) => ({
    title: kind.name,
    bars: shapesOf(kind).map((shape) => {
      const { name } = shape;
      const values = ratios(results, kind.name, name);
      const perSecond = median(all(results, name, kind.name).map((run) => run.perSecond));
      const [least, greatest] = [Math.min(...values), Math.max(...values)];
      const bar = { value: median(values), least, greatest, text: `${whole(perSecond)}/s` };
      return { label: name, ...bar, accent: shape === activated || shape === activatedToFile };
    }),
  }));
}

function judge(results: Results, kind: Kind): string {
  const { shape, least } = aimOf(kind);
  const values = ratios(results, kind.name, shape.name);
  const verdict = `**${median(values) >= least ? "met" : "NOT met"}**`;
  const cpu = spread(ratios(results, kind.name, shape.name, "cpu"), fixed(2));
  return `${spread(values, fixed(2))}, ${verdict}. Processor time of a request: ${cpu} × the host's.`;
}

const shapesOf = (kind: Kind) => shapes.filter((shape) => isMeasured(shape, kind));

/** The figure of a shape as a share of the host's figure, in each round. */
function ratios(
  { rounds }: Results,
  kind: string,
  shape: string,
  figure: "perSecond" | "cpu" = "perSecond",
): number[] {
  const of = (round: readonly Measurement[], name: string) =>
    round.find((one) => one.shape === name && one.kind === kind)?.[figure] ?? NaN;
  return rounds.map((round) => of(round, shape) / of(round, host.name));
}

const all = ({ rounds }: Results, shape: string, kind: string) =>
  rounds.flat().filter((one) => one.shape === shape && one.kind === kind);

function failed({ rounds }: Results): string {
  const counts = shapes.map(({ name }) => {
    const runs = rounds.flat().filter(({ shape }) => shape === name);
    const [failures, requests] = [sum(runs.map((run) => run.failed)), sum(runs.map((run) => run.requests))];
    return failures > 0 ? `${name} ${failures} of ${whole(requests)}` : "";
  });
  return counts.filter(Boolean).join(", ");
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function spread(values: readonly number[], text: (value: number) => string): string {
  return `${text(median(values))} (${text(Math.min(...values))} to ${text(Math.max(...values))})`;
}

const whole = (value: number) => Math.round(value).toLocaleString("en-US");
const fixed = (digits: number) => (value: number) => value.toFixed(digits);
