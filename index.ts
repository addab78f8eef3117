import { SocketActivatedNginx } from "./components/index.ts";
import { loadFleet } from "./stacks/fleet.ts";

const sites = loadFleet().map(({ site, host, args }) => ({
  site,
  host,
  urls: new SocketActivatedNginx(`${site}@${host}`, args).urls,
}));

/** Where each site is, by host: `pulumi stack output urls`. */
export const urls = Object.fromEntries(
  [...Map.groupBy(sites, ({ host }) => host)].map(([host, there]) => [
    host,
    Object.fromEntries(there.map(({ site, urls }) => [site, urls])),
  ]),
);
