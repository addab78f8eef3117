import type { UnitSetInputs } from "../resources/contract.ts";
import { fold } from "../rollout/fold.ts";
import { type Limits, isHeldBack } from "../rollout/policy.ts";
import { waves } from "../rollout/waves.ts";
import { announcement } from "./announcement.ts";
import { isOtherContent } from "./diff.ts";
import { type Part, fleetOf, nothingKnown } from "./fleet.ts";
import { type Before, lastOperation } from "./operations/context.ts";
import { isForgotten, policyOf } from "./policy.ts";
import { waysOf } from "./where.ts";
import { type PlainObject, type WireObject, isObject, revealObject } from "./wire.ts";

/**
 * What an `up` will do, for the preview: what happens to the services, and in which order the hosts change. Undefined where nothing is
 * known of that yet. Pure.
 *
 * ```ts
 * // web-[1-97]: reloads example2.service
 * // rollout: web-1, then web-[2-51], then web-[52-97]; at most 61 minutes; if a host fails, all go back to the old version
 * ```
 */
export function outlook(urn: string, before: Before | undefined, inputs: WireObject): string | undefined {
  const plain = revealObject(inputs);
  if (!isObject(plain.hosts)) return undefined;
  const outputs = before && revealObject(before.properties);
  const isOther = !outputs || isOtherContent(outputs, plain);
  const known = before ? lastOperation(before, urn).known : nothingKnown;
  const { parts: all, absent } = fleetOf(waysOf(inputs.hosts), known, isOther);
  const parts = all.filter(({ name, leaves }) => !(leaves && isForgotten(name)));
  const policy = policyOf(plain as unknown as UnitSetInputs);
  if ("problems" in policy) return undefined;
  const { limits } = policy;
  const active = parts.filter((part) => !isHeldBack(part, limits));
  const change = outputs && isOther ? (move(outputs, plain) ?? announcement(outputs, plain)) : undefined;
  const [only] = active;
  const isAlone = parts.length + absent.length === 1;
  const who = isAlone && only ? only.way.at : fold(active.filter(({ leaves }) => !leaves).map(nameOf));
  const lines = [
    ...(change === undefined || who === "" ? [] : [`${who}: ${change}`]),
    ...(outputs ? movements(active) : []),
    ...leftOut(
      "held back by `only`",
      parts.filter((part) => isHeldBack(part, limits)),
    ),
    ...leftOut("offline, so not changed", absent),
    ...(isAlone || active.length < 2
      ? []
      : [`rollout: ${order(active, limits, plain as unknown as UnitSetInputs, isOther)}`]),
  ];
  return lines.length === 0 ? undefined : lines.join("\n");
}

/** The set goes to another service manager, or another account. */
function move(before: PlainObject, { manager, user, name }: PlainObject): string | undefined {
  if (before.manager === manager && before.user === user) return undefined;
  const account = typeof user === "string" ? `"${user}"` : "root";
  const whose = manager === "user" ? `the service manager of ${account}` : "the host's service manager";
  const as = manager === "system" && typeof user === "string" ? `, as ${account}` : "";
  return `${typeof name === "string" ? name : ""}: moves to ${whose}${as}; its sockets refuse for a moment`;
}

const nameOf = ({ name }: Part) => name;

function movements(parts: readonly Part[]): string[] {
  const [joining, leaving] = [
    parts.filter(({ leaves, has }) => !leaves && has === "nothing"),
    parts.filter(({ leaves }) => leaves),
  ];
  return [...leftOut("gets it", joining), ...leftOut("loses it", leaving)];
}

function leftOut(what: string, parts: readonly Part[]): string[] {
  return parts.length === 0 ? [] : [`${fold(parts.map(nameOf))}: ${what}`];
}

/** More waves than these are counted. */
const mostNamed = 4;

function order(
  parts: readonly Part[],
  limits: Limits,
  { rollout = {}, hosts }: UnitSetInputs,
  isOther: boolean,
): string {
  const all = waves(parts, limits);
  const named = all.slice(0, mostNamed).map((wave) => fold(wave.map(nameOf)));
  const further = all.length - named.length;
  if (further > 0) named.push(`${further} more waves of at most ${limits.maxParallel}`);
  const times = parts.map(({ name }) => hosts[name]?.commandTimeout ?? 600);
  const slowest = Math.max(...times);
  // Preparation of the canaries and of the others, in batches; then each wave.
  const batches = 1 + Math.ceil(parts.length / 50);
  const seconds =
    batches * slowest +
    all.length * (rollout.healthyDeadline ?? slowest) +
    (all.length - 1) * 2 * limits.minHealthyTime;
  const end = limits.autoRevert
    ? limits.maxFailures === 0
      ? "if a host fails, all go back to the old version"
      : `if more than ${limits.maxFailures} hosts fail, all go back to the old version`
    : "hosts that succeed keep the new version";
  const pause = limits.pause === "canary" && isOther ? ["stops after the canaries until the next up"] : [];
  return [named.join(", then "), ...pause, `at most ${Math.ceil(seconds / 60)} minutes`, end].join("; ");
}
