import { HostError, messageOf, printable } from "../../host/errors.ts";
import type { Facts } from "../../host/facts/facts.ts";
import { lookQuery } from "../../host/plan/query.ts";
import { Pool } from "../../host/ssh/pool.ts";
import { observe } from "../../host/transaction/observe.ts";
import { silent } from "../../host/transaction/progress.ts";
import { targetOf } from "../../provider/target.ts";
import { naturally } from "../../rollout/fold.ts";
import type { DeployedSet } from "../stack.ts";

/** One set on one host, and what was found there. */
export interface Found {
  readonly set: DeployedSet;
  readonly host: string;
  /**
   * - "offline": the inventory says so.
   * - "unknown way": the state does not say how to log in.
   *
   * In both the host was not asked.
   */
  readonly look: { facts: Facts } | { problem: string } | "offline" | "unknown way" | "no account";
}

/** Looks at the hosts of these sets, all at once, by one connection a host. Changes nothing, also where a deploy is at work. */
export async function lookAt(sets: readonly DeployedSet[]): Promise<Found[]> {
  const pool = new Pool();
  try {
    const all = sets.flatMap((set) =>
      hostsOf(set).map(async (host): Promise<Found> => ({ set, host, look: await one(pool, set, host) })),
    );
    return await Promise.all(all);
  } finally {
    await pool.close();
  }
}

/** Those that have the set, and those that should have it and do not yet. */
function hostsOf({ known: { where, exceptions } }: DeployedSet): string[] {
  return [...new Set([...Object.keys(where), ...Object.keys(exceptions)])].sort(naturally);
}

async function one(
  pool: Pool,
  { known, desired, credentials }: DeployedSet,
  host: string,
): Promise<Found["look"]> {
  const way = known.ways[host];
  if (!way) return "unknown way";
  if (way.host.state === "offline") return "offline";
  try {
    const place = { ...desired, purpose: "peek" } as const;
    return {
      facts: await observe(pool, targetOf(credentials, way.host), place, lookQuery(desired), silent),
    };
  } catch (thrown) {
    if (!(thrown instanceof HostError)) return { problem: printable(messageOf(thrown)) };
    return thrown.reason === "no-account" ? "no account" : { problem: thrown.withoutHost };
  }
}
