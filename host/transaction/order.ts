import { type Desired, type DesiredService, isRollback, movesTag } from "../desired.ts";
import type { Facts } from "../facts/facts.ts";
import { fill } from "../plan/placeholders.ts";
import { type Plan, plan } from "../plan/plan.ts";
import { addFacts, furtherQuery, queryFor, reloadable } from "../plan/query.ts";
import type { Session } from "./session.ts";
import { stored } from "./stored.ts";

/** What shall be on a host, and what is known of it from before. */
export interface Order {
  desired: Desired;
  /** Paths that were observed as the set's own. */
  known: readonly string[];
  /** The services as they were desired last. */
  before: readonly DesiredService[];
  /** Whether to look for replaced images. */
  images: boolean;
}

/** Tags that a pull may move. The rollback of a pull would move such a tag although another set may have got its image by then. */
export function tagsOf({ desired: { account, images } }: Order): string[] {
  return images.flatMap(({ reference, pull }) =>
    movesTag(pull) ? [`${account ?? "root"} ${reference}`] : [],
  );
}

/** What the host has, and what there is to do. */
export interface Situation {
  facts: Facts;
  /** @param live the containers that a rehearsal may be modelled on */
  plan: (live: Facts["live"]) => { todo: Plan; files: ReadonlyMap<string, string> };
}

export async function lookFor(
  { desired, known, before, images }: Order,
  session: Session,
): Promise<Situation> {
  const facts = await session.query({
    ...queryFor(desired, known),
    images,
    live: reloadable(desired),
    versions: isRollback(desired),
  });
  const filled = fill(desired, facts);
  const more = furtherQuery(facts, filled);
  if (more) addFacts(facts, await session.query(more));
  return {
    facts,
    plan: (live) => {
      const todo = plan({ ...facts, live }, filled, known, before);
      return { todo, files: stored(todo, filled) };
    },
  };
}
