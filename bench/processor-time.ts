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

/** Seconds of processor time of each host, since its boot. */
export function hostTimes(hosts: readonly TestHost[]): number[] {
  return hosts.map((host) => processorTime(cgroupOf(host)) / 1e6);
}
