import { spawn } from "node:child_process";
import { constants } from "node:os";

/** The signals that a terminal or a cancelled job sends. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `pulumi` with the output of this process.
 *
 * Pulumi ends in order on the first signal, and at once on the second. It has its own process group, so that it gets each signal only once:
 * a terminal sends Ctrl-C to the whole group of this process, other senders signal only this process.
 *
 * @returns the exit status of `pulumi`, or 128 + the signal's number after a signal
 */
export async function attend(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn("pulumi", argv, { env, stdio: ["ignore", "inherit", "inherit"], detached: true });
  const forward = (signal: NodeJS.Signals) => void child.kill(signal);
  for (const signal of signals) process.on(signal, forward);
  try {
    return await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (status, signal) =>
        resolve(status ?? 128 + (signal ? constants.signals[signal] : 0)),
      );
    });
  } finally {
    for (const signal of signals) process.off(signal, forward);
  }
}
