import type { Desired } from "../host/desired.ts";
import { fold, grouped, naturally } from "../rollout/fold.ts";
import { pendingLine } from "../rollout/outcome.ts";
import type { HostException } from "../resources/contract.ts";
import type { Fleet } from "./fleet.ts";
import type { Before, Earlier } from "./operations/context.ts";
import { isOther, keeperOf } from "./operations/place.ts";
import type { Deployed } from "./rollout.ts";
import { echo, unitStatesOf } from "./state.ts";
import { type Ways, waysOf, whereOf } from "./where.ts";
import { type WireObject, secret } from "./wire.ts";

interface Operation {
  urn: string;
  inputs: WireObject;
  /** The inputs that the engine keeps. */
  saved: WireObject;
  before: Before | undefined;
  earlier: Earlier;
  fleet: Fleet;
  deployed: Deployed;
  isOtherContent: boolean;
  desired: Desired;
}

/** The outputs after a rollout: what the fleet has, and which hosts differ from that. Pure. */
export function resultOf(operation: Operation): WireObject {
  const { urn, inputs, saved, before, deployed, isOtherContent, desired } = operation;
  const isNew = deployed.isNew || !isOtherContent;
  const states = unitStatesOf(desired, deployed.facts) ?? before?.properties.unitStates ?? {};
  const { name, manager, user } = inputs;
  const content = isNew
    ? { ...echo(inputs), owner: urn, unitStates: states }
    : (before?.properties ?? {
        ...echo({ name, manager, user, units: {} }),
        owner: urn,
        unitStates: {},
      });
  const ways = waysAfter(operation);
  return withFleet(content, {
    ways,
    saved: waysOf(saved.hosts),
    exceptions: exceptionsAfter(operation, isNew),
    drift: leftDrift(operation, ways),
  });
}

/** What an operation records about single hosts. */
export interface FleetRecord {
  /** The hosts that have the set, or may have it. */
  ways: Ways;
  /** The hosts of the inputs that the engine keeps. */
  saved: Ways;
  exceptions: Record<string, HostException>;
  /** Host → what differs there. */
  drift: Readonly<Record<string, string>>;
}

/** The outputs with a new record of single hosts in place of the former one. */
export function withFleet(outputs: WireObject, { ways, saved, exceptions, drift }: FleetRecord): WireObject {
  const { where: _, exceptions: __, pending, drift: ___, unseen, others, ...content } = outputs;
  void [_, __, pending, ___, unseen, others];
  const named = Object.entries(exceptions).sort(([left], [right]) => naturally(left, right));
  const further = Object.entries(ways).filter(([name, { at }]) => saved[name]?.at !== at);
  return {
    ...content,
    where: whereOf(ways),
    ...(named.length === 0
      ? {}
      : {
          exceptions: Object.fromEntries(
            named.map(([name, { has, why, keeper }]) => [
              name,
              { has, why: firstLine(why), ...(keeper ? { keeper: { ...keeper } } : {}) },
            ]),
          ),
          pending: pendingLine(named.map(([name, { why }]) => ({ name, why }))),
        }),
    ...(Object.keys(drift).length === 0 ? {} : { drift: folded(drift) }),
    ...(further.length === 0
      ? {}
      : { others: secret(Object.fromEntries(further.map(([name, { wire }]) => [name, wire]))) }),
  };
}

function waysAfter({ fleet: { parts, absent, settled }, deployed, earlier }: Operation): Ways {
  const has = (name: string) => deployed.has.get(name) ?? "nothing";
  const stay = parts.filter(({ name, leaves }) => has(name) !== (leaves ? "new" : "nothing"));
  return Object.fromEntries([
    ...[...settled, ...stay].map(({ name, way }) => [name, way]),
    ...absent.flatMap(({ name, knownAs }) =>
      knownAs === undefined ? [] : [[name, earlier.known.ways[knownAs]]],
    ),
  ]) as Ways;
}

function exceptionsAfter(
  { fleet: { parts, absent }, deployed, earlier, desired }: Operation,
  isNew: boolean,
): Record<string, HostException> {
  const { known } = earlier;
  const exceptions = Object.fromEntries(
    absent.map(({ name, has }): [string, HostException] => [name, { has, why: "offline" }]),
  );
  for (const part of parts) {
    const { name } = part;
    const has = deployed.has.get(name) ?? "nothing";
    const found = deployed.exceptions[name];
    const left = isNew && has !== "new" ? { has, why: "not changed yet" } : undefined;
    const exception = found ?? known.exceptions[part.knownAs ?? name] ?? left;
    if (exception === undefined || (found === undefined && has === "new")) continue;
    const keeper = isNew && has !== "new" ? keeperOf(part, earlier) : undefined;
    const { why } = exception;
    exceptions[name] = { has: exception.has, why, ...(keeper && isOther(keeper, desired) ? { keeper } : {}) };
  }
  return exceptions;
}

/**
 * The drift that the last refresh found on hosts that were not touched since. The drift of a name that no host has any more is dropped,
 * because no `up` could repair it.
 */
function leftDrift({ earlier, deployed }: Operation, ways: Ways): Record<string, string> {
  const { drift } = earlier.known;
  return Object.fromEntries(
    Object.entries(drift).filter(([name]) => ways[name] !== undefined && !deployed.has.has(name)),
  );
}

/** Hosts with the same difference share one entry. */
function folded(drift: Readonly<Record<string, string>>): WireObject {
  const groups = grouped(Object.entries(drift).map(([name, why]) => ({ name, why })));
  return Object.fromEntries(groups.map(({ why, names }) => [fold(names), why]));
}

/** About how many characters a note may have: it is printed in one line. */
const limit = 300;

/** The first line of a message, which says what was wrong. */
export function firstLine(message: string): string {
  const [line = ""] = message.split("\n");
  return line.length > limit ? `${line.slice(0, limit)}…` : line;
}
