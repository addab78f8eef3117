import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cgroupDirectory, cgroupRoot } from "../tools/fleet/layout.ts";
import { processorTime } from "./processor-time.ts";

// A cgroup also counts what a killed parent has started; wait(2) does not. No fleet can have this name, so `clean` leaves it alone.
const cgroup = cgroupDirectory("bench-controller");

/** The cgroup of this process outside of a measurement (cgroups(7), /proc/pid/cgroup). */
function home(): string {
  const path = /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1] ?? "/";
  return join(cgroupRoot(), path);
}

/** Seconds of processor time of everything that `work` starts on this machine, until it ends. This process itself does not count. */
export async function controllerTime(work: () => Promise<void>): Promise<number> {
  const before = home();
  mkdirSync(cgroup, { recursive: true });
  enter(cgroup);
  try {
    const [began, own] = [processorTime(cgroup), process.cpuUsage()];
    await work();
    const { user, system } = process.cpuUsage(own);
    return (processorTime(cgroup) - began - user - system) / 1e6;
  } finally {
    enter(before);
  }
}

/** Removes the cgroup, unless something is left in it. */
export function leaveController(): void {
  try {
    rmdirSync(cgroup);
  } catch (error) {
    if (!["ENOENT", "EBUSY"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

function enter(directory: string): void {
  writeFileSync(join(directory, "cgroup.procs"), String(process.pid));
}
