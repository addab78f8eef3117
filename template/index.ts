import { deployFleet } from "quadlet-fleet/stacks";

/** Where each site and each proxy is, by host: `pulumi stack output urls`. */
export const urls = deployFleet();
