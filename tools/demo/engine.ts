import { globSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { cacheDirectory } from "../cache.ts";
import { pulumi } from "../engine.ts";
import { type ExecuteOptions, type Output } from "../execute.ts";
import { isRunning } from "../fleet/exit.ts";

/** The directory of the engine's state and of the demo's other files. */
export const stateDirectory = join(cacheDirectory, "demo");

let working = false;
let interrupted: number | undefined;

/** Runs `pulumi` for the demo's stack. */
export async function engine(argv: readonly string[], options: ExecuteOptions = {}): Promise<Output> {
  working = true;
  try {
    return await pulumi(stateDirectory, [...argv, "--stack", "demo"], options);
  } finally {
    working = false;
    if (interrupted !== undefined) process.exit(interrupted);
  }
}

/** Makes the stack unless it exists, and removes the lock of a run that was killed. */
export async function openStack(): Promise<void> {
  await pulumi(stateDirectory, ["stack", "select", "--create", "demo"]);
  const locks = globSync(join(stateDirectory, "state/.pulumi/locks/**/*.json"));
  const owners = locks.map((lock) => (JSON.parse(readFileSync(lock, "utf8")) as { pid: number }).pid);
  if (owners.length > 0 && !owners.some(isRunning)) await engine(["cancel", "--yes"]);
}

/**
 * Ends this process at Ctrl-C, SIGTERM or SIGHUP, but only after the engine has ended: a terminal sends its Ctrl-C to the engine too,
 * which first brings the host to a known state. A second Ctrl-C ends both at once.
 */
export function endBySignals(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      const code = 128 + constants.signals[signal];
      if (!working || interrupted !== undefined) process.exit(code);
      interrupted = code;
      console.error("\ndemo: interrupted. It ends when Pulumi has ended.");
    });
  process.on("exit", (code) => {
    if (code > 128) console.error("\ndemo: interrupted. Go on: make demo. Remove it: make demo-clean");
  });
}
