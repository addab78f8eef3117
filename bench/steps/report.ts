import { type Machine, machineLines } from "../machine.ts";
import { median } from "../statistics.ts";
import { table } from "../table.ts";

/** The work of a host from one word of the script to the next. */
export interface StepTime {
  readonly kind: string;
  /** As in the status line. */
  readonly step: string;
  /** Milliseconds of processor time. */
  readonly cpu: number;
  /** Milliseconds. */
  readonly time: number;
}

/** @param repeats one list for each repeat, with the steps of all kinds */
export function stepsReport(repeats: readonly (readonly StepTime[])[], machine: Machine): string {
  const kinds = [...new Set(repeats.flat().map(({ kind }) => kind))];
  const tableOf = (kind: string) => {
    const all = repeats.map((steps) => steps.filter((step) => step.kind === kind));
    const row = (name: string, isOf: (step: StepTime) => boolean) => {
      const sums = all.map((steps) => sum(steps.filter(isOf)));
      return [
        name,
        ...(["cpu", "time"] as const).map((what) => median(sums.map((one) => one[what])).toFixed(0)),
      ];
    };
    const names = [...new Set(all.flat().map(({ step }) => step))];
    return table([
      [kind, "CPU, ms", "time, ms"],
      ...names.map((name) => row(name, ({ step }) => step === name)),
      row("all", () => true),
    ]);
  };

  return `## The steps of a transaction

What each step costs the host: what its cgroup has used from the script's word that the step begins to its next word. Medians
of ${repeats.length}. The first row includes the login, the session and the facts, the last step another look at the host and the end of the
session. The word takes about a millisecond to be heard. What a step leaves to systemd or podman may fall into the next.

${kinds.map(tableOf).join("\n\n")}

${machineLines(machine)}
`;
}

const sum = (steps: readonly StepTime[]) => ({
  cpu: steps.reduce((total, { cpu }) => total + cpu, 0),
  time: steps.reduce((total, { time }) => total + time, 0),
});
