import { setsOf } from "../sites.ts";
import { readStack } from "../stack.ts";
import { lookAt } from "./look.ts";
import { printed, sorted } from "./print.ts";
import { rowOf } from "./row.ts";

export interface StatusOptions {
  /** Default: the selected stack. */
  readonly stack?: string | undefined;
  /** Empty for all sites. */
  readonly sites: readonly string[];
  readonly json: boolean;
}

/**
 * `quadlet-fleet status`: prints what the hosts themselves report about the sites of a stack.
 *
 * @returns the exit status: 0 if every host is as it was deployed or offline, otherwise 3
 * @throws Stop when there is no such stack or site
 */
export async function status({ stack, sites, json }: StatusOptions): Promise<number> {
  const sets = await readStack(stack);
  const wanted = sites.length === 0 ? sets : setsOf(sets, sites);
  const rows = sorted((await lookAt(wanted)).map(rowOf));
  if (json) console.log(JSON.stringify(rows, undefined, 2));
  else if (rows.length === 0) console.log("Nothing is deployed.");
  else process.stdout.write(printed(rows));
  return rows.every(({ state }) => state === "as deployed" || state === "offline") ? 0 : 3;
}
