import { type StackOptions, readStack } from "../stack.ts";
import { Stop } from "../stop.ts";
import { lookAt } from "./look.ts";
import { printed, sorted } from "./print.ts";
import { rowOf } from "./row.ts";

export interface StatusOptions extends StackOptions {
  readonly sites: readonly string[];
  readonly json: boolean;
}

/**
 * `quadlet-fleet status`: what the hosts themselves say of the sites of a stack.
 *
 * @returns the exit status: 0 where every host is as it was deployed or offline, 3 otherwise
 * @throws Stop when there is no such stack or site, or nobody has answered
 */
export async function status({ sites, json, ...where }: StatusOptions): Promise<number> {
  const stack = await readStack(where);
  const names = stack.sets.map(({ desired }) => desired.name);
  const unknown = sites.filter((site) => !names.includes(site));
  if (unknown.length > 0)
    throw new Stop(
      `The stack has no site "${unknown.join('", "')}".\nIt has: ${names.sort().join(", ") || "none"}`,
    );
  const wanted = stack.sets.filter(({ desired }) => sites.length === 0 || sites.includes(desired.name));
  const rows = sorted((await lookAt(wanted, stack)).map(rowOf));
  if (json) console.log(JSON.stringify(rows, undefined, 2));
  else if (rows.length === 0) console.log("Nothing is deployed.");
  else process.stdout.write(printed(rows));
  return rows.every(({ state }) => state === "as deployed" || state === "offline") ? 0 : 3;
}
