import type { UnitSetArgs } from "../../resources/unit-set.ts";
import type { SocketActivatedNginxArgs } from "../site/arguments.ts";
import { hostsOf } from "./hosts.ts";

/** The inputs of a set that say where it is and how a change reaches the hosts. */
export function fleetInputs({
  commands,
  rollout,
  ...args
}: Pick<SocketActivatedNginxArgs, "connection" | "hosts" | "commands" | "rollout">): Pick<
  UnitSetArgs,
  "hosts" | "hooks" | "rollout"
> {
  return {
    hosts: hostsOf(args),
    ...(commands === undefined ? {} : { hooks: commands }),
    ...(rollout === undefined ? {} : { rollout }),
  };
}
