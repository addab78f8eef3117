import { example2, hostEntry, makeStack, type Stack } from "../test/hosts/support/stack.ts";
import type { Fleet } from "../tools/fleet/index.ts";
import type { Contestant } from "./contestant.ts";
import { configuration, name } from "./job.ts";

/** All hosts at once, as with the other contestants: the engine's default is four resources per core. */
export const parallel = 16;

/** Options of `pulumi up` and the like: no preview before, because it is not read here. */
export const quietly = ["--yes", "--skip-preview", "--parallel", String(parallel)] as const;

export interface ThisProject extends Contestant {
  readonly stack: Stack;
  refresh(): Promise<void>;
}

export async function thisProject(fleet: Fleet): Promise<ThisProject> {
  const stack = await makeStack("bench");
  const hosts = Object.fromEntries(fleet.hosts.map((host) => [host.name, hostEntry(fleet, host)]));
  const pulumi = async (command: string) => void (await stack.run([command, ...quietly]));
  return {
    name: "quadlet-fleet",
    stack,
    want({ page, image }) {
      const nginx = { "default.conf": configuration(page) };
      // The other contestants have no waves.
      const rollout = { canary: 0, minHealthyTime: 0 };
      const site = { ...example2, image, hosts: Object.keys(hosts), nginx, rollout };
      stack.configure({ hosts, sites: { [name]: site } });
    },
    run: () => pulumi("up"),
    refresh: () => pulumi("refresh"),
    remove: () => pulumi("destroy"),
  };
}
