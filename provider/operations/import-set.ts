import { queryFor } from "../../host/plan/query.ts";
import { observe } from "../../host/transaction/observe.ts";
import type { Facts } from "../../host/facts/facts.ts";
import { type Identity, parseIdentity } from "../identity.ts";
import { importedInputs, nextQuery } from "../import.ts";
import { observed } from "../notes.ts";
import { nothingKnown } from "../fleet.ts";
import { echo, unitStatesOf } from "../state.ts";
import { targetOf } from "../target.ts";
import type { State } from "../unfinished.ts";
import { waysOf, whereOf } from "../where.ts";
import { type Context, desiredOf } from "./context.ts";

/**
 * Reads a set that was made by hand, or by another stack. {@link parseIdentity} reads which one. The first host shows what belongs to the
 * set. Differences on the other hosts are drift.
 */
export async function importSet(context: Context, urn: string, text: string): Promise<State | undefined> {
  const identity = parseIdentity(text);
  const [first = ""] = Object.keys(identity.hosts);
  const facts = await readFirst(context, identity, first);
  const inputs = importedInputs(identity, facts);
  if (!inputs) return undefined;
  const ways = waysOf(inputs.hosts);
  const desired = desiredOf(inputs, urn);
  const properties = {
    ...echo(inputs),
    owner: urn,
    unitStates: unitStatesOf(desired, new Map([[first, facts]])) ?? {},
  };
  const seen = new Map<string, Facts | undefined>([[first, facts]]);
  const query = { ...queryFor(desired, []), ports: [], images: true };
  const others = Object.entries(ways).filter(([name]) => name !== first);
  await Promise.all(
    others.map(async ([name, { host }]) => {
      const target = targetOf(context.connection, host, name);
      seen.set(name, await observe(context.pool, target, desired, query, context.progress));
    }),
  );
  const outputs = observed(properties, desired, nothingKnown, { seen, ways, saved: ways });
  return outputs && { id: identity.name, inputs: { ...inputs, where: whereOf(ways) }, properties: outputs };
}

async function readFirst(context: Context, identity: Identity, first: string): Promise<Facts> {
  const { name, manager, user, hosts } = identity;
  const place = { name, manager, account: user, linger: false, createUser: false };
  const start = { files: new Map<string, string>(), units: [] };
  const target = targetOf(context.connection, hosts[first] ?? { address: first }, first);
  return await observe(context.pool, target, place, start, context.progress, (seen) =>
    nextQuery(identity, seen),
  );
}
