import { HostError, messageOf } from "../../host/errors.ts";
import { fold } from "../../rollout/fold.ts";
import { Failed } from "../failure.ts";
import { fleetOf } from "../fleet.ts";
import { forgetVariable, isForgotten, removal } from "../policy.ts";
import { deadlineOf, deploy } from "../rollout.ts";
import type { Place } from "../rollout-host.ts";
import { nameOf } from "../urn.ts";
import { type Before, type Context, desiredOf, lastOperation } from "./context.ts";
import { placeOf } from "./place.ts";

/**
 * Removes the set from all hosts that may have it. It is not an error if parts of the set are gone already, or its account with all files.
 * If a host fails, the set stays removed from the others, and the next destroy continues with the rest.
 *
 * @throws Error with the hosts that still have it. A delete has no partial result: the resource stays in the state.
 */
export async function remove(context: Context, urn: string, before: Before): Promise<void> {
  const earlier = lastOperation(before, urn);
  const { parts } = fleetOf({}, earlier.known, true);
  const desired = desiredOf(before.properties, urn);
  const left = parts.filter(({ name, way: { host } }) => host.state !== "retired" && !isForgotten(name));
  const places = left.map((part) => placeOf(context, part, desired, earlier));
  const limits = removal(deadlineOf(places.map(({ target }) => target)));
  try {
    const { problem, unreachable } = await deploy(context, nameOf(urn), places, limits);
    if (problem !== undefined) throw new Failed(problem, "unknown", unreachable);
  } catch (thrown) {
    const gone = mayBeGone(thrown, places);
    if (gone.length === 0) throw thrown;
    const advice = `If ${fold(gone)} is gone for good, forget what it had: ${forgetVariable}=${gone.join(",")} pulumi destroy (or pulumi up)`;
    throw new Error(`${messageOf(thrown)}\n${advice}`, { cause: thrown });
  }
}

function mayBeGone(thrown: unknown, places: readonly Place[]): readonly string[] {
  if (thrown instanceof Failed) return thrown.unreachable;
  const isAlone = thrown instanceof HostError && thrown.reason === "unreachable" && !thrown.isOnTheWay;
  return isAlone ? places.map(({ name }) => name) : [];
}
