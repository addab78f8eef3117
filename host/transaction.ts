import { type Desired, type DesiredFile, unitAt } from "./desired.ts";
import { runs } from "./changes.ts";
import { sha256 } from "./digest.ts";
import { type Target, endpointName } from "./endpoint.ts";
import { HostError } from "./errors.ts";
import type { Facts, Query } from "./facts.ts";
import { type Plan, plan } from "./plan.ts";
import type { Pool } from "./pool.ts";
import { type Place, Session } from "./session.ts";

/** What a caller gets told while it waits. */
export type Progress = (says: string) => void;

/** A transaction that failed after it had begun, with what was seen on the host then. */
export class TransactionError extends HostError {
  readonly facts: Facts;

  constructor(host: string, problem: string, facts: Facts) {
    super(host, problem, {
      changed: true,
      state: "The steps before this one were done, those after it were not.",
      cure: "Correct the cause and run `pulumi up` again: it looks at the host first and does what is missing.",
    });
    this.facts = facts;
  }
}

/**
 * Brings one host from what it has to what is desired, by one connection, one channel and one script.
 *
 * @param known paths that the state says are the set's own
 * @returns what is on the host afterwards
 * @throws HostError when nothing was changed, TransactionError when something was.
 */
export async function transact(
  pool: Pool,
  target: Target,
  desired: Desired,
  known: readonly string[],
  progress: Progress,
): Promise<Facts> {
  const query = queryFor(desired, known);
  return await withSession(pool, target, desired, progress, async (session, host) => {
    const facts = await session.query(query);
    const todo = plan(facts, desired, known);
    if (todo.refusals.length > 0) throw new HostError(host, todo.refusals.join("\n"));
    if (todo.steps.length === 0) return facts;
    const failed = await session.apply(stored(todo, desired), (number) =>
      progress(todo.steps[number]?.says ?? ""),
    );
    const after = await session.query(query);
    if (!failed) return after;
    throw new TransactionError(
      host,
      `${todo.steps[failed.step]?.says ?? "a step"} failed: ${failed.output}`,
      after,
    );
  });
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
  return await withSession(pool, target, { ...place, linger: false }, progress, async (session) => {
    let facts = await session.query(query);
    for (let next = more?.(facts); next; next = more?.(facts)) facts = await session.query(next);
    return facts;
  });
}

/** What to look at for a set: its files and its units. */
export function queryFor(desired: Desired, known: readonly string[]): Query {
  const wanted = desired.files.map(({ path, content }): [string, string] => [path, sha256(content)]);
  const units = [...desired.files.map(({ path }) => path), ...known].flatMap(
    (path) => unitAt(desired.manager, path) ?? [],
  );
  return {
    files: new Map([...known.map((path): [string, string] => [path, "any"]), ...wanted]),
    units: [...new Set([...units.map(runs), ...desired.services.map(({ unit }) => unit)])],
  };
}

async function withSession<T>(
  pool: Pool,
  target: Target,
  place: Place,
  progress: Progress,
  use: (session: Session, host: string) => Promise<T>,
): Promise<T> {
  const seconds = target.commandTimeout ?? 600;
  let session: Session | undefined;
  let timer: NodeJS.Timeout | undefined;
  progress(`connecting to ${endpointName(target)}`);
  const connection = await pool.connect(target);
  const work = async () => {
    session = await Session.open(connection, target, place, () =>
      progress("waiting for another transaction on the host"),
    );
    const result = await use(session, connection.name);
    await session.close();
    return result;
  };
  const deadline = new Promise<never>((_, reject) => {
    const late = new HostError(connection.name, `not done within ${seconds} s (commandTimeout).`, {
      changed: true,
      state: "What has begun there goes on by itself.",
      cure: "Run `pulumi up` again later, or raise commandTimeout.",
    });
    timer = setTimeout(() => reject(late), seconds * 1000);
  });
  try {
    return await Promise.race([work(), deadline]);
  } catch (thrown) {
    session?.abandon();
    throw thrown;
  } finally {
    clearTimeout(timer);
  }
}

/** Everything that the script needs, before the first step: a connection that breaks later can't leave it half-way. */
function stored({ steps, payload, owned }: Plan, desired: Desired): Map<string, string> {
  const auths = Object.entries(desired.registries).map(([registry, { username, password }]) => [
    registry,
    { auth: Buffer.from(`${username}:${password}`, "utf8").toString("base64") },
  ]);
  const list = (items: readonly string[]) => items.map((item) => `${item}\n`).join("");
  return new Map([
    ...payload.map(({ content }: DesiredFile, index): [string, string] => [String(index), content]),
    ["owner", desired.owner],
    ["manifest.begin", list(owned.begin)],
    ["manifest.commit", list(owned.commit)],
    ["images", list(desired.images.map(({ reference }) => reference))],
    // containers-auth.json(5)
    ["registries", JSON.stringify({ auths: Object.fromEntries(auths) as unknown })],
    ["plan", list(steps.map(({ verb, args }) => [verb, ...args].join("\t")))],
  ]);
}
