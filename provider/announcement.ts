import type { UnitSetInputs } from "../resources/contract.ts";
import { type Action, actions, changeOf, triggered } from "../host/plan/changes.ts";
import { madeUnit, plainName } from "../host/account-units.ts";
import type { Desired, DesiredFile } from "../host/desired.ts";
import { isSocket } from "../units/kinds.ts";
import { listens } from "../units/socket-addresses.ts";
import { handovers } from "../host/plan/stand-ins.ts";
import { toListenStream } from "../units/nginx/address.ts";
import { desiredState } from "./state.ts";
import type { Told } from "./effects.ts";
import { type PlainObject, hasUnknown } from "./wire.ts";

/**
 * How an update affects the running units, in one line for the preview. Undefined if it affects none, or if that is not known yet. It
 * assumes that all units run: an `up` starts those that don't.
 *
 * ```ts
 * // "reloads example2.service"
 * // "hands example2.service over to its new version (no request waits)"
 * // "restarts example2.service (its sockets stay open)"
 * // "closes and opens example2.socket (0.0.0.0:80, 0.0.0.0:81 refuse for a moment); starts example2.service again"
 * ```
 */
export function announcement(before: PlainObject, after: PlainObject): string | undefined {
  const told = effectsOf(before, after)?.map(({ says }) => says) ?? [];
  return told.length === 0 ? undefined : told.join("; ");
}

/** The same as a list of effects. Undefined if they are not known yet. */
export function effectsOf(before: PlainObject, after: PlainObject): Told[] | undefined {
  const { hosts, where, ...content } = after;
  void [hosts, where];
  if (hasUnknown(content) || hasUnknown(before)) return undefined;
  const old = new Map(
    desiredState(before as unknown as UnitSetInputs, "").files.map((file) => [file.key, file]),
  );
  const desired = desiredState(after as unknown as UnitSetInputs, "");
  const changes = new Map(
    desired.files.map((file) => [file.key, changeOf(file, old.get(file.key)?.content)]),
  );
  const todo = actions(desired, changes, (unit) => !isNew(unit));
  const handed = handovers(desired, todo).map(({ service }) => service);
  const socketsChange = [...todo].some(([unit, action]) => isSocket(unit) && action !== "none");
  const lines = [...todo].flatMap(
    ([unit, action]) =>
      phrase(desired, unit, action, handed.includes(unit), socketsChange, old.get(plainName(unit))) ?? [],
  );
  const gone = [...old.values()].filter(({ key, unit }) => unit !== undefined && !changes.has(key));
  const removed = gone.map(({ key, content }): Told => {
    const says = `${isSocket(key) ? "closes" : "stops"} ${madeUnit(key, content)}`;
    return { effect: "removes", says };
  });
  return [...lines, ...removed];

  /** Whether a unit is new, and so does not run yet: its file is new, or was for another unit. */
  function isNew(name: string): boolean {
    return desired.files.some(({ key, unit, content }) => {
      if (unit === undefined || madeUnit(unit, content) !== name) return false;
      const before = old.get(key);
      return before === undefined || madeUnit(unit, before.content) !== name;
    });
  }
}

function phrase(
  desired: Desired,
  unit: string,
  action: Action,
  isHanded: boolean,
  socketsChange: boolean,
  before: DesiredFile | undefined,
): Told | undefined {
  const name = plainName(unit);
  switch (action) {
    case "none":
      return undefined;
    case "reload":
      return { effect: "reloads", says: `reloads ${name}` };
    case "start":
      return { effect: "starts", says: isSocket(unit) ? `opens ${name}` : `starts ${name}` };
    case "restart":
      if (isSocket(unit)) {
        const all = [
          ...new Set([before, fileOf(desired, unit)].flatMap((file) => (file ? addresses(file) : []))),
        ];
        const refuse = `${all.join(", ")} ${all.length > 1 ? "refuse" : "refuses"} for a moment`;
        return { effect: "gap", says: `closes and opens ${name} (${refuse})` };
      }
      if (isHanded) {
        const whose = socketsChange ? "on the other sockets no request waits" : "no request waits";
        return { effect: "hands over", says: `hands ${name} over to its new version (${whose})` };
      }
      // Its sockets have their own line.
      if (socketsChange) return { effect: "restarts", says: `starts ${name} again` };
      return hasSocket(desired, unit)
        ? { effect: "restarts", says: `restarts ${name} (its sockets stay open)` }
        : { effect: "interrupts", says: `restarts ${name}` };
  }
}

function hasSocket(desired: Desired, service: string): boolean {
  return desired.services.some((socket) => isSocket(socket.unit) && triggered(desired, socket) === service);
}

function fileOf(desired: Desired, name: string): DesiredFile | undefined {
  return desired.files.find(({ unit }) => unit === name);
}

function addresses({ content, key }: DesiredFile): string[] {
  return listens(content, key).map(({ address }) => toListenStream(address));
}
