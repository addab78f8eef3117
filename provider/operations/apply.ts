import type { Desired } from "../../host/desired.ts";
import type { UnitSetInputs } from "../../resources/contract.ts";
import { isOtherContent } from "../diff.ts";
import { fleetOf } from "../fleet.ts";
import { isForgotten, limitsOf } from "../policy.ts";
import { resultOf } from "../result.ts";
import { deadlineOf, deploy } from "../rollout.ts";
import { type State, Unfinished } from "../unfinished.ts";
import { nameOf } from "../urn.ts";
import { waysOf } from "../where.ts";
import { type WireObject, revealObject } from "../wire.ts";
import { type Before, type Context, desiredOf, lastOperation, nothingEarlier } from "./context.ts";
import { withoutMoved } from "./moved.ts";
import { placeOf } from "./place.ts";

/**
 * Creates or updates a set: brings the hosts to the desired state.
 *
 * @param images "kept": the hosts have kept the images of this former version, so none is pulled
 */
export async function apply(
  context: Context,
  urn: string,
  before: Before | undefined,
  inputs: WireObject,
  images: "pulled" | "kept" = "pulled",
): Promise<State> {
  const plain = revealObject(inputs) as unknown as UnitSetInputs;
  const wanted = desiredOf(inputs, urn);
  const desired = images === "kept" ? withKeptImages(wanted) : wanted;
  const earlier = before ? lastOperation(before, urn) : nothingEarlier;
  const isOther = !before || isOtherContent(revealObject(before.properties), revealObject(inputs));
  const all = fleetOf(waysOf(inputs.hosts), earlier.known, isOther);
  const parts = all.parts.filter(({ name, leaves }) => !(leaves && isForgotten(name)));
  const fleet = await withoutMoved(context, { ...all, parts }, desired);
  const { hooks } = plain;
  const places = fleet.parts.map((part) => ({
    ...placeOf(context, part, desired, earlier),
    ...(hooks === undefined ? {} : { hooks }),
  }));
  const policy = limitsOf(plain);
  const limits = {
    ...policy,
    healthyDeadline: plain.rollout?.healthyDeadline ?? deadlineOf(places.map(({ target }) => target)),
    // The run after the pause continues with the other hosts and does not pause again.
    pause: isOther ? policy.pause : ("none" as const),
  };
  const deployed = await deploy(context, nameOf(urn), places, limits);
  const result = { urn, inputs, before, earlier, fleet, deployed, isOtherContent: isOther, desired };
  // The engine keeps the old inputs of an update that did not finish.
  const isUnfinished = deployed.problem !== undefined;
  const saved = isUnfinished && before ? before.inputs : inputs;
  const state: State = { id: plain.name, inputs, properties: resultOf({ ...result, saved }) };
  if (deployed.problem !== undefined) throw new Unfinished(new Error(deployed.problem), state);
  if (deployed.notice !== undefined) context.warn(`Some hosts do not have it yet.\n${deployed.notice}`);
  return state;
}

function withKeptImages(desired: Desired): Desired {
  return { ...desired, images: desired.images.map(({ reference }) => ({ reference, pull: "kept" })) };
}
