import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "./eventually.ts";
import { type Cut, freezer } from "./freezer.ts";
import type { Stack } from "./stack.ts";

/** Where a transaction is right after its commit: its journal is gone. */
export const committed = Number.MAX_SAFE_INTEGER;

/** Until the engine has written that to the terminal. */
export type Says = (what: RegExp) => Promise<void>;

/**
 * An `up` whose transaction is stopped at a moment, while something is done.
 *
 * @param action gets the transaction's cgroup, and can wait for what the engine says
 * @returns the exit status and all that was written to the terminal
 * @throws Error where the transaction had no such moment
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

/** cgroups(7), cgroup.kill: all of a transaction at once, as the kernel would when memory is short. */
export function kill(cgroup: string): void {
  writeFileSync(join(cgroup, "cgroup.kill"), "1");
}
