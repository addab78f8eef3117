import { HostError, messageOf } from "../../host/errors.ts";
import type { Facts } from "../../host/facts/facts.ts";
import { lookQuery } from "../../host/plan/query.ts";
import { Pool } from "../../host/ssh/pool.ts";
import { observe } from "../../host/transaction/observe.ts";
import { targetOf } from "../../provider/target.ts";
import { naturally } from "../../rollout/fold.ts";
import type { DeployedSet, Stack } from "../stack.ts";

/** One set on one host, and what was found there. */
export interface Found {
  readonly set: DeployedSet;
  readonly host: string;
  /** "192.0.2.11:2222 via 198.51.100.7" */
  readonly where: string;
  /** "offline": the inventory says so, and the host was not asked. */
  readonly look: { readonly facts: Facts } | { readonly problem: string } | "offline" | "no account";
}

/** Looks at the hosts of these sets, all at once, by one connection a host. */
export async function lookAt(sets: readonly DeployedSet[], { credentials }: Stack): Promise<Found[]> {
  const pool = new Pool();
  const one = async (set: DeployedSet, host: string): Promise<Found[]> => {
    const { ways, where } = set.known;
    const way = ways[host];
    if (!way) return [];
    const found = { set, host, where: where[host] ?? "" };
    if (way.host.state === "offline") return [{ ...found, look: "offline" }];
    const target = targetOf(credentials, way.host);
    try {
      const facts = await observe(pool, target, set.desired, lookQuery(set.desired), silent);
      return [{ ...found, look: { facts } }];
    } catch (thrown) {
      if (!(thrown instanceof HostError)) return [{ ...found, look: { problem: messageOf(thrown) } }];
      return [
        { ...found, look: thrown.reason === "no-account" ? "no account" : { problem: thrown.problem } },
      ];
    }
  };
  try {
    const hosts = (set: DeployedSet) => Object.keys(set.known.where).sort(naturally);
    const all = sets.flatMap((set) => hosts(set).map((host) => one(set, host)));
    return (await Promise.all(all)).flat();
  } finally {
    await pool.close();
  }
}

const silent = { doing: () => undefined, note: () => undefined };
