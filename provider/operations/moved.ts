import type { Desired } from "../../host/desired.ts";
import type { Target } from "../../host/ssh/endpoint.ts";
import { observe } from "../../host/transaction/observe.ts";
import type { Fleet, Part } from "../fleet.ts";
import { targetOf } from "../target.ts";
import type { Context } from "./context.ts";

/** A different ID after each boot, and in each container (random(4)). */
const bootId = "/proc/sys/kernel/random/boot_id";

/**
 * Leaves out the removal from a host that only has another address or name now: the removal would delete what is deployed there at the same
 * time. A former address is forgotten if no other machine is found there.
 */
export async function withoutMoved(context: Context, fleet: Fleet, desired: Desired): Promise<Fleet> {
  const leaving = fleet.parts.filter(({ leaves }) => leaves);
  const arriving = fleet.parts.filter(({ leaves, has }) => !leaves && has === "nothing");
  // Usually hosts only leave, or only arrive.
  if (leaving.length === 0 || arriving.length === 0) return fleet;
  const machines = await identify(context, desired, [...leaving, ...arriving]);
  const here = new Set(arriving.map((part) => machines.get(part)));
  const isHere = (part: Part) => machines.has(part) && here.has(machines.get(part));
  const isUnknown = (part: Part) => part.isFormerAddress === true && !machines.has(part);
  for (const { name } of leaving.filter(isUnknown))
    context.warn(
      `${name}: the former address did not answer, so the files that may be left there are no longer known to the stack.`,
    );
  return {
    ...fleet,
    parts: fleet.parts.filter((part) => !part.leaves || !(isHere(part) || isUnknown(part))),
  };
}

/** Which machine each host is. Hosts that can't be asked are left out: the rollout reports their problem. */
async function identify(
  context: Context,
  desired: Desired,
  parts: readonly Part[],
): Promise<Map<Part, string>> {
  const machines = new Map<Part, string>();
  await Promise.all(
    parts.map(async (part) => {
      const target = targetOf(context.connection, part.way.host, part.name);
      const found = await bootIdOf(context, target, desired).catch(() => undefined);
      if (found !== undefined) machines.set(part, found);
    }),
  );
  return machines;
}

async function bootIdOf(
  { pool, progress }: Context,
  target: Target,
  desired: Desired,
): Promise<string | undefined> {
  const query = { files: new Map([[bootId, "none"]]), units: [] };
  const { files } = await observe(pool, target, desired, query, progress);
  return files.get(bootId)?.content?.toString("utf8").trim();
}
