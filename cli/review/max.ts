import type { Effect } from "../../provider/effects.ts";
import { fold } from "../../rollout/fold.ts";
import type { Previewed } from "./preview.ts";

/** What can be limited, and the effects that count for it. An unknown effect may be any of them. */
const kinds: Readonly<Record<string, readonly Effect[]>> = {
  removed: ["removes"],
  gaps: ["gap", "interrupts", "unknown"],
  restarts: ["gap", "interrupts", "restarts", "unknown"],
};

/** On how many hosts a deploy may have certain effects. */
export interface Limit {
  /** As in the command line: `restarts=20%`. */
  readonly given: string;
  readonly kind: string;
  readonly counting: readonly Effect[];
  readonly amount: number;
  readonly isPercentage: boolean;
}

/** @param given as `removed=0` or `restarts=20%` */
export function limitOf(given: string): Limit {
  const [, kind = "", digits, percent] = /^(\w+)=(\d{1,9})(%?)$/.exec(given) ?? [];
  const counting = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (counting === undefined || digits === undefined)
    throw new Error(
      `--max ${JSON.stringify(given)} is not a limit. Write removed, gaps or restarts with a number or a percentage: removed=0, restarts=20%.`,
    );
  return { given, kind, counting, amount: Number(digits), isPercentage: percent !== "" };
}

/** The effects that a deploy has on more hosts than allowed. */
export function refusals(
  limits: readonly Limit[],
  { changes, hosts }: Pick<Previewed, "changes" | "hosts">,
): string[] {
  return limits.flatMap(({ given, kind, counting, amount, isPercentage }) => {
    const allowed = isPercentage ? Math.floor((hosts.length * amount) / 100) : amount;
    const found = new Set(
      changes.flatMap(({ effects }) =>
        effects.flatMap((one) => (counting.includes(one.effect) ? one.hosts : [])),
      ),
    );
    if (found.size <= allowed) return [];
    return [
      `${kind} on ${found.size} of ${hosts.length} hosts, and ${allowed} are allowed (--max ${given}): ${fold([...found])}`,
    ];
  });
}
