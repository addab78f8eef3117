import { deployFleet } from "./stacks/deploy.ts";

/** Where each site and each proxy is, by host: `pulumi stack output urls`. */
export const urls = deployFleet();
