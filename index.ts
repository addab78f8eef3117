import { all } from "@pulumi/pulumi/output.js";
import { ReverseProxyStack, SocketActivatedNginx } from "./components/index.ts";
import { loadFleet } from "./stacks/fleet.ts";
import { byHost } from "./stacks/urls.ts";

const { sites, proxies } = loadFleet();
const entries = [
  ...sites.map(({ name, args }) => ({ name, urls: new SocketActivatedNginx(name, args).urlsByHost })),
  ...proxies.map(({ name, args }) => ({ name, urls: new ReverseProxyStack(name, args).urlsByHost })),
];

/** Where each site and each proxy is, by host: `pulumi stack output urls`. */
export const urls = all(
  entries.map(({ name, urls: pages }) => pages.apply((hosts) => ({ name, hosts }))),
).apply(byHost);
