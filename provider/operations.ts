import type { Connection, UnitSetInputs } from "../resources/contract.ts";
import { HostError } from "../host/errors.ts";
import type { Facts } from "../host/facts.ts";
import type { Pool } from "../host/pool.ts";
import { type Progress, TransactionError, observe, queryFor, transact } from "../host/transaction.ts";
import { formatId, parseId } from "./identity.ts";
import { importedInputs, nextQuery } from "./import.ts";
import { desiredState, emptyState, observedInputs, outputs } from "./state.ts";
import { type WireObject, revealObject } from "./wire.ts";

/** What an operation needs besides its inputs. */
export interface Context {
  pool: Pool;
  /** What overrides the inputs' connection: the provider's configuration (an old state may have old keys), customTimeouts. */
  connection: Partial<Connection>;
  progress: Progress;
}

/** The resource as the engine shall keep it. */
export interface State {
  id: string;
  inputs: WireObject;
  properties: WireObject;
}

/** An operation that left something behind: the state is kept, and the next `up` tries again by itself. */
export class Unfinished extends Error {
  readonly state: State;

  constructor(cause: Error, state: State) {
    super(cause.message, { cause });
    this.state = state;
  }
}

/** Create and update are one: bring the host to what is desired. `before` are the old inputs, or undefined. */
export async function apply(
  context: Context,
  urn: string,
  id: string | undefined,
  before: WireObject | undefined,
  inputs: WireObject,
): Promise<State> {
  const set = plainInputs(inputs);
  const desired = desiredState(set, urn);
  const state = (facts?: Facts) => ({
    id: id ?? formatId(set),
    inputs,
    properties: facts ? outputs(desired, facts, inputs) : {},
  });
  try {
    const facts = await transact(
      context.pool,
      target(context, set),
      desired,
      before ? pathsOf(before, urn) : [],
      context.progress,
    );
    return state(facts);
  } catch (thrown) {
    if (thrown instanceof TransactionError) throw new Unfinished(thrown, state(thrown.facts));
    if (thrown instanceof HostError && thrown.changed) throw new Unfinished(thrown, state());
    throw thrown;
  }
}

/** Removes the set. What is gone already is no error. */
export async function remove(context: Context, urn: string, inputs: WireObject): Promise<void> {
  const set = plainInputs(inputs);
  const desired = desiredState(set, urn);
  await transact(
    context.pool,
    target(context, set),
    emptyState(desired),
    pathsOf(inputs, urn),
    context.progress,
  );
}

/** What is on the host now; undefined when the set is gone. */
export async function refresh(
  context: Context,
  urn: string,
  id: string,
  inputs: WireObject,
  properties: WireObject,
): Promise<State | undefined> {
  const set = plainInputs(inputs);
  const desired = desiredState(set, urn);
  let facts: Facts;
  try {
    facts = await observe(
      context.pool,
      target(context, set),
      desired,
      queryFor(desired, []),
      context.progress,
    );
  } catch (thrown) {
    // One host that is down must not fail the refresh of all the others.
    if (thrown instanceof HostError) throw new Unfinished(thrown, { id, inputs, properties });
    throw thrown;
  }
  const seen = observedInputs(inputs, set, desired, facts);
  return seen && { id, inputs: seen, properties: outputs(desired, facts, seen) };
}

/** Reads a set that was made by hand, or by another stack, by its id alone. */
export async function importSet(context: Context, urn: string, id: string): Promise<State | undefined> {
  const identity = parseId(id);
  const place = { ...identity, account: identity.user, linger: false };
  const start = { files: new Map<string, string>(), units: [] };
  const facts = await observe(
    context.pool,
    { ...identity.connection, ...context.connection },
    place,
    start,
    context.progress,
    (seen) => nextQuery(identity, seen),
  );
  const inputs = importedInputs(identity, facts);
  if (!inputs) return undefined;
  return { id, inputs, properties: outputs(desiredState(plainInputs(inputs), urn), facts, inputs) };
}

function plainInputs(inputs: WireObject): UnitSetInputs {
  return revealObject(inputs) as unknown as UnitSetInputs;
}

function target(context: Context, { connection }: UnitSetInputs) {
  return { ...connection, ...context.connection };
}

function pathsOf(inputs: WireObject, urn: string): string[] {
  return desiredState(plainInputs(inputs), urn).files.map(({ path }) => path);
}
