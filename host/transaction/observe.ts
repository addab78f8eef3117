import { setTimeout as sleep } from "node:timers/promises";
import type { Facts, Query } from "../facts/facts.ts";
import { type Target, endpointName } from "../ssh/endpoint.ts";
import type { Pool } from "../ssh/pool.ts";
import { type Progress, inTime, timeLimit } from "./progress.ts";
import { Busy } from "./refusal.ts";
import { type Place, Session } from "./session.ts";

/**
 * Looks at a host, and then at what `more` asks for after the facts so far. Waits for a transaction of the set to end, except
 * for a "peek" (session.ts).
 *
 * @throws HostError when the host could not be looked at
 */
export async function observe(
  pool: Pool,
  target: Target,
  place: Omit<Place, "purpose"> & { purpose?: "look" | "peek" },
  query: Query,
  progress: Progress,
  more: (facts: Facts) => Query | undefined = () => undefined,
): Promise<Facts> {
  const only: Place = { purpose: "look", ...place, linger: false, createUser: false };
  const end = Date.now() + timeLimit(target) * 1000;
  progress.doing(`connecting to ${endpointName(target)}`);
  for (;;) {
    try {
      const connection = await pool.connect(target);
      return await pool.inTurn(target, async () => {
        const session = await Session.start(connection, target, only);
        return await inTime(target, session, async () => {
          await session.ready();
          pool.mayBegin(target);
          let facts = await session.query(query);
          for (let next = more(facts); next; next = more(facts)) facts = await session.query(next);
          await session.close();
          return facts;
        });
      });
    } catch (thrown) {
      if (!(thrown instanceof Busy) || Date.now() > end) throw thrown;
      progress.doing(`waiting: ${thrown.message.split("\n")[0] ?? ""}`);
    }
    // Random, so that two runs that met once do not meet again.
    await sleep(500 + Math.random() * 1500);
  }
}
