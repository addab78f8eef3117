import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "./eventually.ts";
import { type Cut, freezer } from "./freezer.ts";
import type { Stack } from "./stack.ts";

/** The moment right after the commit of a transaction: its journal is gone. */
export const committed = Number.MAX_SAFE_INTEGER;

/** Waits until the engine has written a matching text to the terminal. */
export type Says = (what: RegExp) => Promise<void>;

/**
 * Runs an `up` whose transaction is stopped at a moment, and an action meanwhile.
 *
 * @param action gets the transaction's cgroup, and can wait for the engine's messages
 * @returns the exit status and all that was written to the terminal
 * @throws Error if the transaction did not reach that moment
 */
export async function hold(
  stack: Stack,
  fleet: string,
  cut: Cut,
  action: (cgroup: string, says: Says) => unknown,
): Promise<{ code: number; saw: string }> {
  const freeze = freezer(fleet, [cut]);
  let said = "";
  const says: Says = (what) => eventually(() => Promise.resolve(assert.match(said, what)));
  const up = stack.up({ check: false, onOutput: (text) => (said += text) });
  void up.then(() => freeze.stop());
  try {
    const [outcome] = await freeze.outcomes;
    if (!outcome?.frozen || (cut.at !== committed && outcome.lines < cut.at))
      throw new Error(`the transaction was not caught: ${JSON.stringify(outcome)}`);
    await action(outcome.cgroup ?? "", says);
  } finally {
    freeze.thaw();
  }
  const { code, stdout, stderr } = await up;
  return { code, saw: stdout + stderr };
}

/** cgroups(7), cgroup.kill: kills a whole transaction at once, as the kernel would when memory is short. */
export function kill(cgroup: string): void {
  writeFileSync(join(cgroup, "cgroup.kill"), "1");
}
