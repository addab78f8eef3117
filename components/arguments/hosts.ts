import { z } from "zod";
import { host } from "../../resources/contract/hosts.ts";
import { rolloutPolicy } from "../../resources/contract/rollout.ts";
import { type ConnectionArgs, type HostArgs, type HostFields, mostJumps } from "./connection.ts";
import { argumentSchema } from "./from-contract.ts";
import { required } from "./wording.ts";

/** The shape of `Host`, whose docs say what each field means. */
export const hostSchema = argumentSchema<typeof host.shape, Required<HostFields>>(host, {
  outputs: true,
  depth: mostJumps,
  ...required("the host, and how to log in to it", '{ address: "192.0.2.11" }'),
});

/** The name of a host in its fleet. */
export const hostName = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, 'a name is letters, digits, "-", "_" and "."');

export const rolloutSchema = argumentSchema<typeof rolloutPolicy.shape>(rolloutPolicy);

/** Where a component runs. */
export interface Hosts {
  connection?: ConnectionArgs;
  hosts?: Record<string, HostArgs>;
}

/** The name of a host that is given as `connection`. */
const onlyHost = "host";

/** The hosts by their names. The arguments are known to have some. */
export function hostsOf({ connection, hosts }: Hosts): Record<string, HostArgs> {
  return hosts ?? (connection === undefined ? {} : { [onlyHost]: connection });
}
