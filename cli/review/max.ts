import type { Effect } from "../../provider/effects.ts";
import { fold } from "../../rollout/fold.ts";
import { Stop } from "../stop.ts";
import type { Previewed } from "./preview.ts";

/** What can be limited, and the effects that count for it. An unknown effect may be any of them. */
const kinds: Readonly<Record<string, readonly Effect[]>> = {
  removed: ["removes"],
  gaps: ["gap", "interrupts", "unknown"],
  restarts: ["gap", "interrupts", "restarts", "unknown"],
};

/**
 * The effects that a deploy has on more hosts than allowed.
 *
 * @param max as `removed=0` or `restarts=20%`
 * @throws Stop for a limit that can't be read
 */
export function refusals(
  max: readonly string[],
  { changes, hosts }: Pick<Previewed, "changes" | "hosts">,
): string[] {
  return max.flatMap((given) => {
    const [, kind = "", digits, percent] = /^(\w+)=(\d{1,9})(%?)$/.exec(given) ?? [];
    const counting = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
    if (counting === undefined || digits === undefined)
      throw new Stop(
        `--max ${given}: write ${Object.keys(kinds).join(", ")} with a number or a percentage, as in restarts=20%.`,
      );
    const allowed = percent ? Math.floor((hosts.length * Number(digits)) / 100) : Number(digits);
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
