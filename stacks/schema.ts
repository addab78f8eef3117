import { z } from "zod";
import { argumentsSchema } from "../components/site/arguments.ts";
import { connectionSchema } from "../components/arguments/connection.ts";
import { hostName, hostSchema } from "../components/arguments/hosts.ts";
import { proxySchema } from "../components/proxy/arguments.ts";
import { oneOf, required } from "../components/arguments/wording.ts";

/** A machine: a connection, and labels to choose it by. `jump` may name another host of the fleet. */
const machineSchema = hostSchema.extend({
  labels: z
    .record(z.string(), z.string())
    .optional()
    .describe("What sites and proxies choose hosts by, as in { role: web }."),
  jump: z
    .union([z.string(), connectionSchema.shape.jump.unwrap()], oneOf("the name of a host, or a connection"))
    .optional(),
});

const selectionSchema = z
  .union(
    [
      z.array(z.string()).min(1, "needs one host at least"),
      z.strictObject({
        labels: z
          .record(z.string(), z.string(), required("the labels that the hosts have", "{ role: web }"))
          .describe("The labels that a host must have, all of them."),
      }),
    ],
    required("a list of host names, or { labels: { … } }", "[web-1]"),
  )
  .describe("Which hosts: their names, or the labels that they all have.");

/** The stack file gives these by the entry's name and its hosts. */
const placed = { connection: true, hosts: true, name: true } as const;
const siteSchema = argumentsSchema.omit(placed).extend({ hosts: selectionSchema });
const stackSchema = proxySchema.omit(placed).extend({ hosts: selectionSchema });

/** The configuration of one environment: what stacks/Pulumi.ENVIRONMENT.yaml has under `config`. */
export const fleetSchema = z.strictObject({
  hosts: z.record(hostName, machineSchema).describe("Hosts by their names."),
  sites: z
    .record(hostName, siteSchema)
    .describe("Sites by their names: each a SocketActivatedNginx on all its hosts."),
  proxies: z
    .record(hostName, stackSchema)
    .describe("Proxies by their names: each a ReverseProxyStack on all its hosts."),
});

export type FleetConfiguration = z.infer<typeof fleetSchema>;
export type HostConfiguration = z.infer<typeof machineSchema>;
export type Selection = z.infer<typeof selectionSchema>;
