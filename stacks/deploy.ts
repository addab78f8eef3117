import { type Output, all } from "@pulumi/pulumi/output.js";
import { ReverseProxyStack } from "../components/reverse-proxy-stack.ts";
import { SocketActivatedNginx } from "../components/socket-activated-nginx.ts";
import { loadFleet } from "./fleet.ts";
import { byHost } from "./urls.ts";

/**
 * The whole program of a project with stack files: each site and each proxy of the current environment (docs/environments.md).
 *
 * ```ts
 * import { deployFleet } from "quadlet-fleet/stacks";
 * export const urls = deployFleet();
 * ```
 *
 * @returns where each site and each proxy is, by host
 * @throws ArgumentError with everything that is wrong in the files, at preview and without a host
 */
export function deployFleet(): Output<ReturnType<typeof byHost>> {
  const { sites, proxies } = loadFleet();
  const entries = [
    ...sites.map(({ name, args }) => ({ name, urls: new SocketActivatedNginx(name, args).urlsByHost })),
    ...proxies.map(({ name, args }) => ({ name, urls: new ReverseProxyStack(name, args).urlsByHost })),
  ];
  return all(entries.map(({ name, urls }) => urls.apply((hosts) => ({ name, hosts })))).apply(byHost);
}
