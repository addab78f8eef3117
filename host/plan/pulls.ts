import { isSocket } from "../../units/kinds.ts";
import { type Desired, movesTag } from "../desired.ts";
import type { Action } from "./changes.ts";
import type { Step } from "./step.ts";

/** Pulls images before something starts. Images of the running version keep their names: see {@link tags}. */
export function pulls(desired: Desired, todo: ReadonlyMap<string, Action>): Step[] {
  // Without logins of our own, podman uses those that the host has (containers-auth.json(5)).
  const withLogin = Object.keys(desired.registries).length > 0;
  return pulled(desired, todo).map(({ reference, pull }) => ({
    verb: "pull",
    policy: pull,
    image: reference,
    withLogin,
  }));
}

/** Moves names to the new images: a pull that may replace an image keeps the new one back. */
export function tags(desired: Desired, todo: ReadonlyMap<string, Action>): Step[] {
  return pulled(desired, todo).flatMap(({ reference, pull }): Step[] =>
    movesTag(pull) ? [{ verb: "tag", image: reference }] : [],
  );
}

function pulled({ images }: Desired, todo: ReadonlyMap<string, Action>): Desired["images"] {
  const starts = [...todo].some(
    ([unit, action]) => !isSocket(unit) && (action === "start" || action === "restart"),
  );
  return starts ? images : [];
}
