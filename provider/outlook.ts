import type { UnitSetInputs } from "../resources/contract.ts";
import { fold } from "../rollout/fold.ts";
import { type Limits, isHeldBack } from "../rollout/policy.ts";
import { waves } from "../rollout/waves.ts";
import { effectsOf } from "./announcement.ts";
import { isOtherContent } from "./diff.ts";
import type { Effect, Told } from "./effects.ts";
import { type Part, fleetOf, nothingKnown } from "./fleet.ts";
import { type Before, lastOperation } from "./operations/context.ts";
import { isForgotten, policyOf } from "./policy.ts";
import { waysOf } from "./where.ts";
import { type PlainObject, type WireObject, isObject, revealObject } from "./wire.ts";

/** What an `up` will do. */
export interface Outlook {
  readonly lines: readonly Line[];
  /** The order of the hosts, and what happens after a failure. */
  readonly rollout?: string;
  /** The longest time that it may take. */
  readonly minutes?: number;
}

interface Line {
  /** Names of hosts. */
  readonly hosts: readonly string[];
  readonly told: readonly Told[];
  /** The hosts as a preview writes them. Without it, a preview leaves out this line. */
  readonly who?: string;
}

/**
 * What an `up` will do, for the preview: what happens to the services, and in which order the hosts change. Undefined if that is not known
 * yet. Pure.
 *
 * ```ts
 * // web-[1-97]: reloads example2.service
 * // rollout: web-1, then web-[2-51], then web-[52-97]; at most 61 minutes; if a host fails, all go back to the old version
 * ```
 */
export function outlook(urn: string, before: Before | undefined, inputs: WireObject): string | undefined {
  const { lines = [], rollout } = outlookOf(urn, before, inputs) ?? {};
  const said = lines.flatMap(({ who, told }) =>
    who === undefined ? [] : [`${who}: ${told.map(({ says }) => says).join("; ")}`],
  );
  if (rollout !== undefined) said.push(`rollout: ${rollout}`);
  return said.length === 0 ? undefined : said.join("\n");
}

/** If it is "json", previews print the result of {@link outlookOf}, for `quadlet-fleet review`. */
export const outlookVariable = "QUADLET_FLEET_OUTLOOK";

/** Whether previews are read by `quadlet-fleet review` or `up`. */
export function isForPrograms(): boolean {
  return process.env[outlookVariable] === "json";
}

/** What a preview says: text for people, or JSON. */
export function foretold(...change: Parameters<typeof outlookOf>): string | undefined {
  if (!isForPrograms()) return outlook(...change);
  const coming = outlookOf(...change);
  return coming && JSON.stringify(coming);
}

/** The same for programs. */
export function outlookOf(urn: string, before: Before | undefined, inputs: WireObject): Outlook | undefined {
  const plain = revealObject(inputs);
  if (!isObject(plain.hosts)) return undefined;
  const outputs = before && revealObject(before.properties);
  const isOther = !outputs || isOtherContent(outputs, plain);
  const known = before ? lastOperation(before, urn).known : nothingKnown;
  const { parts: all, absent } = fleetOf(waysOf(inputs.hosts), known, isOther);
  const parts = all.filter(({ name, leaves }) => !(leaves && isForgotten(name)));
  const set = plain as unknown as UnitSetInputs;
  const policy = policyOf(set);
  if ("problems" in policy) return undefined;
  const { limits } = policy;
  const active = parts.filter((part) => !isHeldBack(part, limits));
  const staying = active.filter(({ leaves }) => !leaves).map(nameOf);
  const present = active.filter(({ leaves, has }) => !leaves && has !== "nothing").map(nameOf);
  return {
    lines: [
      ...(outputs && isOther ? changed(outputs, plain, staying) : []),
      ...movements(set.name, active),
      ...(isOther || present.length === 0
        ? []
        : [{ hosts: present, told: [told("unknown", "is brought up to date")] }]),
      ...some(
        told("nothing", "held back by `only`"),
        parts.filter((part) => isHeldBack(part, limits)),
      ),
      ...some(told("nothing", "offline, so not changed"), absent),
    ],
    ...(active.length === 0 ? {} : timing(active, limits, set, isOther)),
  };
}

function told(effect: Effect, says: string): Told {
  return { effect, says };
}

/** What changed content does to hosts that have the set. */
function changed(before: PlainObject, after: PlainObject, hosts: readonly string[]): Line[] {
  if (hosts.length === 0) return [];
  const moves = move(before, after);
  const found = moves === undefined ? effectsOf(before, after) : [told("gap", moves)];
  if (found === undefined) return [{ hosts, told: [told("unknown", "")] }];
  return found.length === 0 ? [] : [{ hosts, told: found, who: fold(hosts) }];
}

/** Describes a move of the set to another service manager or account. Undefined if it does not move. */
function move(before: PlainObject, { manager, user, name }: PlainObject): string | undefined {
  if (before.manager === manager && before.user === user) return undefined;
  const account = typeof user === "string" ? `"${user}"` : "root";
  const whose = manager === "user" ? `the service manager of ${account}` : "the host's service manager";
  const as = manager === "system" && typeof user === "string" ? `, as ${account}` : "";
  return `${typeof name === "string" ? name : ""}: moves to ${whose}${as}; its sockets refuse for a moment`;
}

const nameOf = ({ name }: Part) => name;

function movements(name: string, parts: readonly Part[]): Line[] {
  const [joining, leaving] = [
    parts.filter(({ leaves, has }) => !leaves && has === "nothing"),
    parts.filter(({ leaves }) => leaves),
  ];
  return [
    ...some(told("starts", `gets ${name}`), joining),
    ...some(told("removes", `loses ${name}`), leaving),
  ];
}

function some(what: Told, parts: readonly Part[]): Line[] {
  const hosts = parts.map(nameOf);
  return hosts.length === 0 ? [] : [{ hosts, told: [what], who: fold(hosts) }];
}

/** How many waves are listed by their hosts. The others are only counted. */
const mostNamed = 4;

function timing(
  parts: readonly Part[],
  limits: Limits,
  { rollout = {}, hosts }: UnitSetInputs,
  isOther: boolean,
): Pick<Outlook, "rollout" | "minutes"> {
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
  const minutes = Math.ceil(seconds / 60);
  const end = limits.autoRevert
    ? limits.maxFailures === 0
      ? "if a host fails, all go back to the old version"
      : `if more than ${limits.maxFailures} hosts fail, all go back to the old version`
    : "hosts that succeed keep the new version";
  const pause = limits.pause === "canary" && isOther ? ["stops after the canaries until the next up"] : [];
  if (parts.length < 2) return { minutes };
  return {
    minutes,
    rollout: [named.join(", then "), ...pause, `at most ${minutes} minutes`, end].join("; "),
  };
}
