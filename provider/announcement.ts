import type { UnitSetInputs } from "../resources/contract.ts";
import { type Action, actions, changeOf, isSocket } from "../host/changes.ts";
import { desiredState } from "./state.ts";
import { type PlainObject, hasUnknown } from "./wire.ts";

/**
 * What an update will do to what runs, for the preview: one line, or undefined where nothing is touched or it can't be known
 * yet. It supposes that everything runs; what an `up` finds otherwise it starts.
 *
 * ```ts
 * // "192.0.2.11: reloads example2.service"
 * // "192.0.2.11: restarts example2.service (its sockets stay open)"
 * // "192.0.2.11: closes and opens example2.socket, which refuses for a moment; starts example2.service anew"
 * ```
 */
export function announcement(before: PlainObject, after: PlainObject): string | undefined {
  if (hasUnknown(after) || hasUnknown(before)) return undefined;
  const old = new Map(
    desiredState(before as unknown as UnitSetInputs, "").files.map((file) => [file.key, file]),
  );
  const desired = desiredState(after as unknown as UnitSetInputs, "");
  const changes = new Map(
    desired.files.map((file) => [file.key, changeOf(file, old.get(file.key)?.content)]),
  );
  const todo = actions(desired, changes, (unit) => !isNew(unit));
  const sockets = [...todo].filter(([unit, action]) => isSocket(unit) && action !== "none");
  const lines = [...todo].flatMap(([unit, action]) => phrase(unit, action, sockets.length > 0) ?? []);
  const { address } = (after as unknown as UnitSetInputs).connection;
  return lines.length === 0 ? undefined : `${address}: ${lines.join("; ")}`;

  /** A unit of a file that is not there yet does not run. */
  function isNew(unit: string): boolean {
    return changes.has(unit) && !old.has(unit);
  }
}

function phrase(unit: string, action: Action, socketsChange: boolean): string | undefined {
  switch (action) {
    case "none":
      return undefined;
    case "reload":
      return `reloads ${unit}`;
    case "start":
      return isSocket(unit) ? `opens ${unit}` : `starts ${unit}`;
    case "restart":
      if (isSocket(unit)) return `closes and opens ${unit}, which refuses for a moment`;
      return socketsChange ? `starts ${unit} anew` : `restarts ${unit} (its sockets stay open)`;
  }
}
