import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestHost } from "../tools/fleet/index.ts";
import { cgroupDirectory } from "../tools/fleet/layout.ts";

/** The cgroup of all processes on a host. */
export function cgroupOf({ name }: TestHost): string {
  return join(cgroupDirectory(name.replace(/-\d+$/, "")), name);
}

/** Microseconds since the cgroup was made (Linux, Documentation/admin-guide/cgroup-v2.rst, cpu.stat). */
export function processorTime(cgroup: string): number {
  return Number(readFileSync(join(cgroup, "cpu.stat"), "utf8").match(/^usage_usec (\d+)$/m)?.[1]);
}
