import type { Connection, Credentials, JumpHost, UnitSetInputs } from "../resources/contract.ts";
import type { Desired } from "../host/desired.ts";
import { type Target, endpointName } from "../host/ssh/endpoint.ts";
import { HostError, messageOf } from "../host/errors.ts";
import type { Pool } from "../host/ssh/pool.ts";
import { queryFor } from "../host/plan/query.ts";
import { observe } from "../host/transaction/observe.ts";
import type { Progress } from "../host/transaction/progress.ts";
import { formatId, parseId } from "./identity.ts";
import { importedInputs, nextQuery } from "./import.ts";
import { firstLine, interrupted, observedOutputs } from "./notes.ts";
import { desiredState, emptyOutputs, emptyState, outputs, secretPaths } from "./state.ts";
import { type Deployed, type Run, deploy } from "./rollout.ts";
import type { Survey } from "./survey.ts";
import { type State, Unfinished } from "./unfinished.ts";
import { nameOf } from "./urn.ts";
import { type WireObject, revealObject } from "./wire.ts";

/** What an operation needs besides its inputs. */
export interface Context {
  pool: Pool;
  /** What overrides the inputs' connection: the provider's configuration (an old state may have old keys), customTimeouts. */
  connection: Partial<Connection>;
  progress: Progress;
  /** Prints a warning beside the resource and among the diagnostics at the end. */
  warn: (says: string) => void;
  survey: Survey;
  run: Run;
}

/** What the engine knows from before: the inputs and outputs of the last operation. */
export type Before = Pick<State, "inputs" | "properties">;

/** Create and update are one: bring the host to what is desired. */
export async function apply(
  context: Context,
  urn: string,
  id: string | undefined,
  before: Before | undefined,
  inputs: WireObject,
): Promise<State> {
  const set = understood(inputs, urn);
  const earlier = before && lastOperation(before, urn);
  const { facts, problem } = await bring(context, urn, target(context, set.plain), set.desired, earlier);
  const state = (properties: WireObject) => ({ id: id ?? formatId(set.plain), inputs, properties });
  const now = facts ? outputs(set.desired, facts, inputs) : (before?.properties ?? emptyOutputs(urn, inputs));
  // The engine's own note of a problem (ErrorResourceInitFailed) ends with the next read that succeeds.
  if (problem) throw new Unfinished(problem, state({ ...now, pending: firstLine(problem.message) }));
  return state(now);
}

/** Removes the set. What is gone already is no error, nor is an account that is gone with all it had. */
export async function remove(context: Context, urn: string, before: Before): Promise<void> {
  const earlier = lastOperation(before, urn);
  const { plain, desired } = earlier.set;
  const where = target(context, plain);
  const empty = emptyState(desired);
  try {
    await removed(bring(context, urn, where, empty, earlier));
  } catch (thrown) {
    if (isGone(thrown)) {
      if (plain.manager === "user") return;
      // What the host's own manager has is still there, and needs no account to go.
      const rest = { ...empty, account: undefined, accountIsGone: true };
      await removed(bring(context, urn, where, rest, earlier));
      return;
    }
    // A jump host that can't be reached says nothing of the host behind it.
    if (!(thrown instanceof HostError) || thrown.reason !== "unreachable" || thrown.isOnTheWay) throw thrown;
    throw new Error(
      `${thrown.message}\nIf the host is gone for good, forget what it had: pulumi state delete --target-dependents '${urn}'`,
      { cause: thrown },
    );
  }
}

/** A delete has no partial result: whatever is left, the resource stays in the state. */
async function removed(deployed: Promise<Deployed>): Promise<void> {
  const { problem } = await deployed;
  if (problem) throw problem;
}

/**
 * What is on the host now; undefined when the set is gone.
 *
 * @throws Error when the host could not be looked at: the engine keeps the state as it is, reads the other resources, and fails
 * the run. A host that can't be reached while others can is passed over.
 */
export async function refresh(
  context: Context,
  urn: string,
  id: string,
  inputs: WireObject,
  properties: WireObject,
): Promise<State | undefined> {
  const { plain, desired } = lastOperation({ inputs, properties }, urn).set;
  const where = target(context, plain);
  const files = new Map(desired.files.map(({ path }) => [path, "any"]));
  const query = { ...queryFor(desired, []), files, ports: [], images: true };
  const look = await context.survey
    .look(urn, endpointName({ ...where, user: "" }), () =>
      observe(context.pool, where, desired, query, context.progress).catch((thrown: unknown) => {
        if (isGone(thrown)) return undefined;
        throw thrown;
      }),
    )
    .catch((thrown: unknown) => {
      throw new Error(
        `${messageOf(thrown)}\nThe refresh could not look at it, so the run fails. Its state stays as it was.`,
        { cause: thrown },
      );
    });
  if ("unseen" in look) return passOver(context, look.unseen, { id, inputs, properties });
  const facts = look.found;
  // What the host's own manager has is there without the account, too.
  if (!facts && plain.manager === "user") return undefined;
  const seen = observedOutputs(properties, desired, where, facts);
  return seen && { id, inputs, properties: seen };
}

/** The state as it was, with a note that the host was not looked at. */
function passOver({ warn }: Context, { message }: HostError, { id, inputs, properties }: State): State {
  warn(
    `${message}\nThe refresh passed this host over: its state stays as it was, and the next \`pulumi up\` does not update it because of that.`,
  );
  return { id, inputs, properties: { ...properties, unseen: firstLine(message) } };
}

/** Reads a set that was made by hand, or by another stack, by its id alone. */
export async function importSet(context: Context, urn: string, id: string): Promise<State | undefined> {
  const identity = parseId(id);
  const place = { ...identity, account: identity.user, linger: false, createUser: false };
  const start = { files: new Map<string, string>(), units: [] };
  const facts = await observe(
    context.pool,
    target(context, identity),
    place,
    start,
    context.progress,
    (seen) => nextQuery(identity, seen),
  );
  const inputs = importedInputs(identity, facts);
  if (!inputs) return undefined;
  const properties = outputs(understood(inputs, urn).desired, facts, inputs);
  return { id, inputs, properties: { ...properties, ...interrupted(identity.connection, facts) } };
}

/** A set of inputs in the forms that an operation needs, each made once: without its wrappers, and what it means on a host. */
interface Understood {
  plain: UnitSetInputs;
  desired: Desired;
}

function understood(wire: WireObject, owner: string): Understood {
  const plain = revealObject(wire) as unknown as UnitSetInputs;
  const desired = desiredState(plain, owner);
  return { plain, desired: { ...desired, secrets: secretPaths(desired, wire) } };
}

/** What the state says of the last operation. */
interface Earlier {
  /** The set as the host has it since then. */
  set: Understood;
  /** The mark that the set had then. */
  owners: string[];
  /** Whether the last refresh has found a difference, which may be an image that was replaced: a thing to look for again. */
  differs: boolean;
}

function lastOperation({ inputs, properties }: Before, urn: string): Earlier {
  const { owner } = revealObject(properties);
  return {
    set: understood({ ...properties, connection: inputs.connection ?? null }, urn),
    owners: typeof owner === "string" ? [owner] : [],
    differs: "drift" in properties,
  };
}

/** Brings the host to what is desired, with what is known from the last operation. */
async function bring(
  context: Context,
  urn: string,
  where: Target,
  desired: Desired,
  earlier: Earlier | undefined,
): Promise<Deployed> {
  const before = earlier?.set.desired;
  const order = {
    desired: {
      ...desired,
      formerOwners: earlier?.owners ?? [],
      secrets: [...new Set([...desired.secrets, ...(before?.secrets ?? [])])],
    },
    known: before?.files.map(({ path }) => path) ?? [],
    before: before?.services ?? [],
    images: earlier?.differs ?? false,
  };
  return await deploy(context, nameOf(urn), where, order, earlier ? "old" : "nothing");
}

/** A field of the connection that a {@link Target} lacks does not compile. */
function target(
  { connection: overrides }: Context,
  { connection }: Pick<UnitSetInputs, "connection">,
): Pick<Target, keyof Connection | "hopCredentials"> {
  // One key is one host's; a jump host is another.
  const hopCredentials = { ...overrides };
  delete hopCredentials.hostKey;
  delete hopCredentials.commandTimeout;
  const way = (jump: JumpHost | undefined): JumpHost | undefined =>
    jump && { ...override(jump, hopCredentials), jump: way(jump.jump) };
  return { ...override(connection, overrides), jump: way(connection.jump), hopCredentials };
}

/** One configured credential stands for all of its kind: an old key must not win over a new agent. */
function override<T extends Credentials>(endpoint: T, overrides: Partial<Connection>): T {
  const kept = { ...endpoint };
  for (const kind of [
    ["identityFile", "privateKey", "passphrase", "agent"],
    ["hostKey", "knownHostsFile"],
  ] as const) {
    if (kind.some((name) => overrides[name] !== undefined)) for (const name of kind) delete kept[name];
  }
  return { ...kept, ...overrides };
}

/** The account is not there any more. */
function isGone(thrown: unknown): boolean {
  return thrown instanceof HostError && thrown.reason === "no-account";
}
