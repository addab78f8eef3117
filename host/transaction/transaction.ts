import { setTimeout as sleep } from "node:timers/promises";
import type { Desired, DesiredService } from "../desired.ts";
import { type Target, endpointName } from "../ssh/endpoint.ts";
import { HostError, messageOf } from "../errors.ts";
import type { Facts, Query } from "../facts/facts.ts";
import { fill } from "../plan/placeholders.ts";
import { plan } from "../plan/plan.ts";
import { type Step, stepSays } from "../plan/step.ts";
import type { Pool } from "../ssh/pool.ts";
import { addFacts, furtherQuery, queryFor, reloadable } from "../plan/query.ts";
import { type Place, Session } from "./session.ts";
import { stored } from "./stored.ts";

/** What a caller gets told while it waits. */
export interface Progress {
  /** What is being done now. The next call replaces it. */
  doing: (says: string) => void;
  /** What somebody should still find after the run. */
  note: (says: string) => void;
}

/** A transaction that failed and could not be taken back whole, with what was seen on the host then. */
export class TransactionError extends HostError {
  readonly facts: Facts;

  constructor(host: string, problem: string, facts: Facts) {
    super(host, problem, notTakenBack);
    this.facts = facts;
  }
}

const notTakenBack = {
  leaves: "unknown",
  state: "What was done could not be taken back whole.",
  cure: "Correct the cause and run `pulumi up` again: it takes back the rest first, and then does what is missing.",
} as const;

/**
 * Brings one host from what it has to what is desired, by one connection, one channel and one script.
 *
 * @param known paths that were observed as the set's own
 * @param before the services as they were desired last
 * @param images whether to look for replaced images
 * @returns what is on the host afterwards
 * @throws HostError when nothing is changed or all was taken back, TransactionError when something was left.
 */
export async function transact(
  pool: Pool,
  target: Target,
  desired: Desired,
  known: readonly string[],
  before: readonly DesiredService[],
  progress: Progress,
  images = false,
): Promise<Facts> {
  const query = { ...queryFor(desired, known), images };
  return await withSession(pool, target, desired, tags(desired), progress, async (session, host) => {
    const recovered = await session.recover();
    // What could not be taken back is still known on the host: it goes with the next commit, or the next rollback.
    if (recovered)
      progress.note(
        `an interrupted transaction was ${recovered.ok ? "taken back" : `not taken back whole: ${recovered.output}`}`,
      );
    const facts = await session.query({ ...query, live: reloadable(desired) });
    const filled = fill(desired, facts);
    const more = furtherQuery(facts, filled);
    if (more) addFacts(facts, await session.query(more));
    let todo = plan(facts, filled, known, before);
    if (todo.refusals.length > 0) throw new HostError(host, todo.refusals.join("\n"));
    if (todo.steps.length === 0) return facts;
    const apply = () =>
      session.apply(
        stored(todo, filled),
        (number) => progress.doing(saysOf(todo.steps[number]) ?? ""),
        progress.note,
      );
    let failed = await apply();
    // A mimic may fail for what it lacks. A unit has the last word, and its journal says why.
    if (failed?.back.ok && todo.steps[failed.step]?.verb === "mimic") {
      todo = plan({ ...facts, live: new Map() }, filled, known, before);
      failed = await apply();
    }
    if (!failed) return await session.query(query);
    const problem = `${saysOf(todo.steps[failed.step]) ?? "a step"} failed: ${failed.output}`;
    if (!failed.back.ok) {
      const both = `${problem}\nThe rollback failed as well: ${failed.back.output}`;
      const seen = await session.query(query).catch((thrown: unknown) => {
        throw new HostError(host, `${both}\n${messageOf(thrown)}`, notTakenBack);
      });
      throw new TransactionError(host, both, seen);
    }
    throw new HostError(host, problem, { leaves: "taken back" });
  });
}

function saysOf(step: Step | undefined): string | undefined {
  return step && stepSays(step);
}

/** Looks at a host. What `decide` returns for the facts is looked at as well. */
export async function observe(
  pool: Pool,
  target: Target,
  place: Place,
  query: Query,
  progress: Progress,
  more?: (facts: Facts) => Query | undefined,
): Promise<Facts> {
  return await withSession(
    pool,
    target,
    { ...place, linger: false, createUser: false, onlyLooks: true },
    [],
    progress,
    async (session) => {
      let facts = await session.query(query);
      for (let next = more?.(facts); next; next = more?.(facts)) facts = await session.query(next);
      return facts;
    },
  );
}

/** Tags that a pull may move: whoever takes a pull back would move one beneath another set that has its image by then. */
function tags({ account, images }: Desired): string[] {
  return images.flatMap(({ reference, pull }) =>
    pull === "always" ? [`${account ?? "root"} ${reference}`] : [],
  );
}

/** How long to wait for others that are at work on the same set, and then for the transaction. */
const seconds = ({ commandTimeout = 600 }: Target) => commandTimeout;

async function withSession<T>(
  pool: Pool,
  target: Target,
  place: Place,
  alone: readonly string[],
  progress: Progress,
  use: (session: Session, host: string) => Promise<T>,
): Promise<T> {
  progress.doing(`connecting to ${endpointName(target)}`);
  const end = Date.now() + seconds(target) * 1000;
  for (let told = ""; ;) {
    try {
      return await oneSession(pool, target, place, alone, progress, use);
    } catch (thrown) {
      if (!(thrown instanceof HostError) || thrown.reason !== "busy" || Date.now() > end) throw thrown;
      const [who = ""] = thrown.message.split("\n");
      if (who !== told) progress.doing(`waiting: ${who}`);
      told = who;
    }
    // Two that met once should not meet again.
    await sleep(500 + Math.random() * 1500);
  }
}

async function oneSession<T>(
  pool: Pool,
  target: Target,
  place: Place,
  alone: readonly string[],
  progress: Progress,
  use: (session: Session, host: string) => Promise<T>,
): Promise<T> {
  const connection = await pool.connect(target);
  const waiting = () => progress.doing("waiting for another set of this host");
  return await pool.inTurn(target, alone, waiting, async () => {
    const session = await Session.start(connection, target, place);
    const work = async () => {
      await session.ready();
      pool.mayBegin(target);
      const result = await use(session, connection.name);
      await session.close();
      return result;
    };
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      const late = () =>
        new HostError(connection.name, `not done within ${seconds(target)} s (commandTimeout).`, {
          ...(session.changed ? { leaves: "unknown", state: "What has begun there goes on by itself." } : {}),
          cure: "Run `pulumi up` again later, or raise commandTimeout.",
        });
      timer = setTimeout(() => reject(late()), seconds(target) * 1000);
    });
    try {
      return await Promise.race([work(), deadline]);
    } catch (thrown) {
      session.abandon();
      throw thrown;
    } finally {
      clearTimeout(timer);
    }
  });
}
