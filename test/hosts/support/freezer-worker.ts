// The thread of freezer.ts: it looks at journals almost without a pause, because a step takes only some milliseconds.
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import type { Outcome, Watched } from "./freezer.ts";

const { cuts, stop } = workerData as { cuts: Watched[]; stop: Int32Array };
const pause = new Int32Array(new SharedArrayBuffer(4));

interface Watch extends Watched {
  index: number;
  cgroup?: string;
  size: number;
  lines: number;
  /** When to freeze. Set once the line is there and the delay has begun. */
  due?: number;
}

const orAbsent = <T>(look: () => T): T | undefined => {
  try {
    return look();
  } catch (error) {
    // ENODEV, ESRCH: a cgroup or a process that is ending.
    if (["ENOENT", "ENODEV", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
};

/** Whether the cgroup's first process is sh with the set among its arguments: start.sh has them. */
function runsScript(cgroup: string, set: string): boolean {
  const [pid] = orAbsent(() => readFileSync(join(cgroup, "cgroup.procs"), "utf8"))?.split("\n") ?? [];
  const words = orAbsent(() => readFileSync(`/proc/${pid}/cmdline`, "utf8"))?.split("\0") ?? [];
  return words[0] === "sh" && words.includes(set);
}

/** The lines of the journal; -1 without a journal. */
function count(watch: Watch): number {
  const size = orAbsent(() => statSync(watch.journal).size);
  if (size === undefined) return -1;
  if (size !== watch.size) {
    watch.size = size;
    watch.lines = orAbsent(() => readFileSync(watch.journal, "utf8").split("\n").length - 1) ?? -1;
  }
  return watch.lines;
}

/** Undefined while there is no outcome. */
function look(watch: Watch): Outcome | undefined {
  if (watch.cgroup === undefined) {
    const names = orAbsent(() => readdirSync(watch.slice)) ?? [];
    // Before its first process has executed the script, the manager waits for that process, and would be stopped as well.
    const unit = names.find(
      (name) =>
        /^quadlet-fleet-[0-9a-f]{12}\.service$/.test(name) && runsScript(join(watch.slice, name), watch.set),
    );
    if (unit === undefined) return undefined;
    watch.cgroup = join(watch.slice, unit);
  }
  const had = watch.lines;
  const lines = count(watch);
  // A commit removes the journal, and so does a rollback.
  const committed = lines === -1 && had >= 0;
  if (lines >= watch.at || (committed && watch.at !== Infinity))
    watch.due ??= performance.now() + watch.delayMs;
  if (watch.due !== undefined && performance.now() >= watch.due) return freeze(watch);
  if (orAbsent(() => statSync(watch.cgroup ?? "")) === undefined)
    return { frozen: false, lines: Math.max(had, lines) };
  if (committed) watch.lines = had;
  return undefined;
}

/** cgroups(7), cgroup.freeze: this takes a moment, in which one more line may be written. */
function freeze(watch: Watch): Outcome {
  const cgroup = watch.cgroup ?? "";
  const gone: Outcome = { frozen: false, lines: watch.lines };
  const write = (state: string) =>
    orAbsent(() => (writeFileSync(join(cgroup, "cgroup.freeze"), state), true)) ?? false;
  if (!write("1")) return gone;
  for (;;) {
    const events = orAbsent(() => readFileSync(join(cgroup, "cgroup.events"), "utf8"));
    if (events === undefined || events.includes("populated 0")) {
      write("0");
      return gone;
    }
    if (events.includes("frozen 1")) return { frozen: true, lines: count(watch), cgroup };
    Atomics.wait(pause, 0, 0, 1);
  }
}

let watches = cuts.map((cut, index): Watch => ({ ...cut, index, size: -1, lines: -1 }));
while (watches.length > 0 && Atomics.load(stop, 0) === 0) {
  watches = watches.filter((watch) => {
    const outcome = look(watch);
    if (outcome) parentPort?.postMessage({ index: watch.index, outcome });
    return outcome === undefined;
  });
  Atomics.wait(pause, 0, 0, 0.2);
}
for (const watch of watches)
  parentPort?.postMessage({ index: watch.index, outcome: { frozen: false, lines: watch.lines } });
