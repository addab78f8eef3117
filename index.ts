import { ReverseProxyStack, SocketActivatedNginx } from "./components/index.ts";
import { loadFleet } from "./stacks/fleet.ts";

const { sites, proxies } = loadFleet();
const all = [
  ...sites.map(({ name, host, args }) => ({
    name,
    host,
    urls: new SocketActivatedNginx(`${name}@${host}`, args).urls,
  })),
  ...proxies.map(({ name, host, args }) => ({
    name,
    host,
    urls: new ReverseProxyStack(`${name}@${host}`, args).urls,
  })),
];

/** Where each site and each proxy is, by host: `pulumi stack output urls`. */
export const urls = Object.fromEntries(
  [...Map.groupBy(all, ({ host }) => host)].map(([host, there]) => [
    host,
    Object.fromEntries(there.map(({ name, urls }) => [name, urls])),
  ]),
);
