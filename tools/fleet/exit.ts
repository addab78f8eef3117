import { constants } from "node:os";
import { removeFleet } from "./remove.ts";

const fleets = new Set<string>();

/** Removes the fleet when this process ends: by itself, by an exception or by a signal. */
export function removeAtExit(fleet: string): void {
  if (fleets.size === 0) listen();
  fleets.add(fleet);
}

export function keepAtExit(fleet: string): void {
  fleets.delete(fleet);
}

/** Whether there is a process of this number. */
export function isRunning(process_: number): boolean {
  try {
    process.kill(process_, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

let listening = false;
function listen(): void {
  if (listening) return;
  listening = true;
  // An uncaught exception also emits "exit"; a signal does so only if there is a listener for it.
  process.on("exit", () => {
    for (const fleet of fleets) removeFleet(fleet);
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      // If there is nothing to remove, another listener decides, if there is one.
      if (fleets.size > 0 || process.listenerCount(signal) === 1)
        process.exit(128 + constants.signals[signal]);
    });
  }
}
