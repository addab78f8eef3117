import { example2, hostEntry, makeStack, type Stack } from "../test/hosts/support/stack.ts";
import type { Fleet } from "../tools/fleet/index.ts";
import type { Contestant } from "./contestant.ts";
import { configuration, name } from "./job.ts";

export interface ThisProject extends Contestant {
  readonly stack: Stack;
  refresh(): Promise<void>;
}

export async function thisProject(fleet: Fleet): Promise<ThisProject> {
  const stack = await makeStack("bench");
  const hosts = Object.fromEntries(fleet.hosts.map((host) => [host.name, hostEntry(fleet, host)]));
  return {
    name: "quadlet-fleet",
    stack,
    want(page) {
      const site = { ...example2, hosts: Object.keys(hosts), nginx: { "default.conf": configuration(page) } };
      stack.configure({ hosts, sites: { [name]: site } });
    },
    run: async () => void (await stack.up()),
    refresh: async () => void (await stack.run(["refresh", "--yes", "--skip-preview"])),
    remove: async () => void (await stack.run(["destroy", "--yes", "--skip-preview"])),
  };
}
