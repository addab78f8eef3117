import { HostError } from "../../host/errors.ts";
import type { Versions } from "../../host/facts/facts.ts";
import { Pool } from "../../host/ssh/pool.ts";
import { observe } from "../../host/transaction/observe.ts";
import { silent } from "../../host/transaction/progress.ts";
import { folded } from "../report.ts";
import { wayTo, whyNot } from "../sites.ts";
import type { DeployedSet } from "../stack.ts";
import { Stop } from "../stop.ts";

const none = { text: "", images: new Map<string, string>() };
const nothing: Versions = { now: none, former: none };

/**
 * The versions of a set that these hosts have kept.
 *
 * @param mayMiss whether hosts that can't be reached are left out, if another one answers
 * @throws Stop when a host could not be asked
 */
export async function lookAtVersions(
  set: DeployedSet,
  hosts: readonly string[],
  mayMiss: boolean,
): Promise<Map<string, Versions>> {
  const pool = new Pool();
  const failed: { name: string; why: string }[] = [];
  const missed: typeof failed = [];
  const found = new Map<string, Versions>();
  const one = async (host: string) => {
    const target = wayTo(set, host);
    if (typeof target === "string") return;
    try {
      const place = { ...set.desired, purpose: "peek" } as const;
      const query = { files: new Map<string, string>(), units: [], versions: true };
      const facts = await observe(pool, target, place, query, silent);
      found.set(host, facts.versions ?? nothing);
    } catch (thrown) {
      const isMissed = mayMiss && thrown instanceof HostError && thrown.reason === "unreachable";
      (isMissed ? missed : failed).push({ name: host, why: whyNot(thrown) });
    }
  };
  try {
    await Promise.all(hosts.map(one));
  } finally {
    await pool.close();
  }
  if (failed.length === 0 && found.size > 0) return found;
  throw new Stop(["Nothing was rolled back.", ...folded([...failed, ...missed])].join("\n"));
}
