import type { Run } from "./measure.ts";
import { median } from "./statistics.ts";

/** How long each run took, in seconds. */
export const seconds = (runs: readonly Run[]) => runs.map(({ began, ended }) => (ended - began) / 1000);
/** Seconds of processor time. */
export const controller = (runs: readonly Run[]) => runs.map((run) => run.controller);
export const host = (runs: readonly Run[]) => runs.map((run) => run.host);

/** Explains the output of `spread`, in the texts above tables. */
export const legend = "least / median / greatest, and from how many runs";

export function spread(values: readonly number[]): string {
  if (values.length === 0) return "–";
  const figures = [Math.min(...values), median(values), Math.max(...values)].map((value) => value.toFixed(2));
  return `${figures.join(" / ")} (${values.length})`;
}

/** A point of a list that says whether an aim is met. */
export function judge(what: string, value: number, most: number): string {
  return `- ${what}: ${value.toFixed(2)}. The aim is ${most.toFixed(1)} at most: **${value <= most ? "met" : "NOT met"}**.`;
}
