import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { TestHost } from "../../../tools/fleet/index.ts";
import { cgroupDirectory, dataDirectory } from "../../../tools/fleet/layout.ts";

/** Where to stop a transaction. */
export interface Cut {
  host: TestHost;
  manager: "system" | "user";
  set: string;
  /** Lines of its journal; 0: it has just been made; -1: the transaction has just started; Infinity: nowhere. */
  at: number;
  /** Milliseconds to wait after that. Default: 0. */
  delayMs?: number;
}

export interface Outcome {
  /** False if the transaction had already ended. */
  frozen: boolean;
  /** Lines of the journal at that time, or the most that it had; -1 if there was none (any more). */
  lines: number;
  cgroup?: string;
}

/** A {@link Cut} as the thread gets it. */
export interface Watched {
  journal: string;
  set: string;
  /** The cgroup of the manager's transient services. */
  slice: string;
  at: number;
  delayMs: number;
}

export interface Freezer {
  /** In the order of the cuts: resolves when each transaction is frozen or has ended. */
  readonly outcomes: Promise<Outcome[]>;
  /** Gives up on the transactions that are neither. */
  stop(): void;
  thaw(): void;
}

/**
 * Stops transactions in the middle: at a line of its journal, the cgroup of the transient unit is frozen, and everything else on the
 * host goes on. Each set may have only one transaction at a time.
 *
 * It looks from this machine, at all hosts with one thread: a busy loop on each host would take the processor from the rest.
 */
export function freezer(fleet: string, cuts: readonly Cut[]): Freezer {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL("./freezer-worker.ts", import.meta.url), {
    workerData: { stop, cuts: cuts.map((cut) => watched(fleet, cut)) },
  });
  const found: (Outcome | undefined)[] = cuts.map(() => undefined);
  worker.on("message", ({ index, outcome }: { index: number; outcome: Outcome }) => (found[index] = outcome));
  const outcomes = new Promise<Outcome[]>((resolve, reject) => {
    worker.on("error", reject);
    worker.on("exit", () => resolve(found.map((outcome) => outcome ?? { frozen: false, lines: -1 })));
  });
  return {
    outcomes,
    stop: () => void Atomics.store(stop, 0, 1),
    thaw() {
      for (const outcome of found) {
        const file = join(outcome?.cgroup ?? "", "cgroup.freeze");
        try {
          if (outcome?.frozen && existsSync(file)) writeFileSync(file, "0");
        } catch (error) {
          // It was killed, and its cgroup is ending.
          if (!["ENOENT", "ENODEV"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
        }
      }
    },
  };
}

function watched(fleet: string, { host, manager, set, at, delayMs = 0 }: Cut): Watched {
  const files = join(dataDirectory(fleet), host.name);
  const payload = join(cgroupDirectory(fleet), host.name, "payload");
  const state = { system: "root/var/lib/quadlet-fleet", user: "home/test/.local/state/quadlet-fleet" }[
    manager
  ];
  // The account "test" of the base image; systemd.special(7), app.slice.
  const slice = {
    system: "system.slice",
    user: "user.slice/user-1000.slice/user@1000.service/app.slice",
  }[manager];
  return {
    journal: join(files, state, "sets", set, "journal"),
    set,
    slice: join(payload, slice),
    at,
    delayMs,
  };
}
