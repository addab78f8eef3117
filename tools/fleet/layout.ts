import {
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "../cache.ts";

/** The parts of a fleet. All have its name, so that they can be found and removed without the process that made them. */
export interface FleetState {
  readonly name: string;
  /** The process that removes the fleet at its end; 0: the fleet stays until it is removed by hand. */
  readonly owner: number;
  /** The directory of its file systems, in the cache of the user who made it. */
  readonly data: string;
  /** The third number of its addresses. */
  readonly subnet: number;
  readonly hosts: readonly { readonly name: string; readonly address: string; readonly hostKey: string }[];
}

const runDirectory = "/run/quadlet-fleet";
const subnetDirectory = join(runDirectory, "subnets");

/** Short enough for an interface's name, and without "-", which separates it from the number of a host. */
export const fleetName = /^[a-z][a-z0-9]{0,11}$/;

export const stateDirectory = (fleet: string) => join(runDirectory, fleet);
export const dataDirectory = (fleet: string) => join(cacheDirectory, "fleets", fleet);
export const bridgeName = (fleet: string) => `qf-${fleet}`;
export const namespaceName = (fleet: string, member: string) => `qf-${fleet}-${member}`;
export const subnetAddress = (subnet: number, host: number) => `10.231.${subnet}.${host}`;

/** The directory where cgroup2 is mounted: not /sys/fs/cgroup itself if version 1 is mounted too. */
export const cgroupRoot = () => {
  const mount = readFileSync("/proc/mounts", "utf8").match(/^\S+ (\S+) cgroup2 /m);
  if (!mount?.[1]) throw new Error("cgroup2 is not mounted. See: tools/setup.sh base");
  return mount[1];
};
export const cgroupDirectory = (fleet: string) => join(cgroupRoot(), "quadlet-fleet", fleet);

export function readState(fleet: string): FleetState | undefined {
  try {
    return JSON.parse(readFileSync(join(stateDirectory(fleet), "fleet.json"), "utf8")) as FleetState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

export function writeState(state: FleetState): void {
  writeFileSync(join(stateDirectory(state.name), "fleet.json"), JSON.stringify(state, undefined, 2));
}

/** Names of all fleets of which anything is left. */
export function listFleets(): string[] {
  const directories = [runDirectory, join(cacheDirectory, "fleets"), join(cgroupRoot(), "quadlet-fleet")];
  return [...new Set(directories.flatMap(entries))]
    .filter((name) => fleetName.test(name) && name !== "subnets")
    .sort();
}

/** Takes a subnet that no other fleet has. */
export function claimSubnet(fleet: string): number {
  mkdirSync(subnetDirectory, { recursive: true });
  for (let subnet = 0; subnet < 256; subnet++) {
    try {
      symlinkSync(fleet, join(subnetDirectory, String(subnet)));
      return subnet;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  throw new Error("All 256 subnets are taken. Remove fleets with: node tools/fleet/cli.ts clean");
}

export function releaseSubnets(fleet: string): void {
  for (const entry of entries(subnetDirectory)) {
    const link = join(subnetDirectory, entry);
    if (readlinkSync(link) === fleet) unlinkSync(link);
  }
}

/** The entries of a directory; none if it does not exist. */
export function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
