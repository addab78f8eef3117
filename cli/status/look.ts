import { HostError } from "../../host/errors.ts";
import type { Facts } from "../../host/facts/facts.ts";
import { lookQuery } from "../../host/plan/query.ts";
import { Pool } from "../../host/ssh/pool.ts";
import { observe } from "../../host/transaction/observe.ts";
import { silent } from "../../host/transaction/progress.ts";
import { hostsOf, wayTo, whyNot } from "../sites.ts";
import type { DeployedSet } from "../stack.ts";

/** One set on one host, and what was found there. */
export interface Found {
  readonly set: DeployedSet;
  readonly host: string;
  /**
   * - "offline": the inventory says so.
   * - "unknown way": the state does not say how to log in.
   *
   * In both cases the host was not asked.
   */
  readonly look: { facts: Facts } | { problem: string } | "offline" | "unknown way" | "no account";
}

/** Looks at the hosts of these sets at the same time, with one connection to each host. Changes nothing, even if a deploy is running. */
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

async function one(pool: Pool, set: DeployedSet, host: string): Promise<Found["look"]> {
  const { desired } = set;
  const way = wayTo(set, host);
  if (typeof way === "string") return way;
  try {
    const place = { ...desired, purpose: "peek" } as const;
    return { facts: await observe(pool, way, place, lookQuery(desired), silent) };
  } catch (thrown) {
    return thrown instanceof HostError && thrown.reason === "no-account"
      ? "no account"
      : { problem: whyNot(thrown) };
  }
}
