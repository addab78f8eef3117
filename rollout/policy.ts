import type { Member } from "./member.ts";

/** A count, or a percentage of the hosts ("25%"). */
type Share = number | string;

/** How a change reaches the hosts, as a program or a stack file states it. */
export interface RolloutPolicy {
  /** How many hosts go first. */
  readonly canary?: Share;
  /** The canaries by name. Replaces `canary`. */
  readonly canaryHosts?: readonly string[];
  /** How many hosts change at the same time. */
  readonly maxParallel?: Share;
  /** Seconds that a wave must stay healthy before the next one starts. */
  readonly minHealthyTime?: number;
  /** Seconds that an activation may take. */
  readonly healthyDeadline?: number;
  /** How many hosts may fail, in preparation and activation together, before all hosts are reverted. */
  readonly maxFailures?: Share;
  /** If false, healthy hosts keep the new version after too many failures. */
  readonly autoRevert?: boolean;
  /** Whether an unreachable host is a failure or is left out. */
  readonly offline?: "fail" | "skip";
  /** Seconds without the coordinator after which an activated host reverts by itself. */
  readonly grace?: number;
  /** Change only these hosts now. */
  readonly only?: readonly string[];
  /** "canary": the hosts after the canaries wait for the next run. */
  readonly pause?: "none" | "canary";
}

/** A policy as numbers, for the hosts of one rollout. */
export interface Limits {
  readonly canary: number;
  readonly canaryHosts: readonly string[];
  readonly maxParallel: number;
  readonly minHealthyTime: number;
  readonly healthyDeadline: number;
  readonly maxFailures: number;
  readonly autoRevert: boolean;
  readonly offline: "fail" | "skip";
  readonly grace: number;
  readonly only: readonly string[] | undefined;
  readonly pause: "none" | "canary";
}

export interface Problem {
  /** The field, with its index in a list. */
  readonly path: string;
  readonly reason: string;
}

const defaults = {
  canary: 1,
  canaryHosts: [],
  maxParallel: 50,
  minHealthyTime: 3,
  healthyDeadline: 120,
  maxFailures: 0,
  autoRevert: true,
  offline: "fail",
  grace: 120,
  pause: "none",
} as const satisfies RolloutPolicy;

/** The time for a lost host to come back, the last check before the decision and a margin must all fit into it. */
const shortestGrace = 60;

/** The numbers of a policy for these hosts, or what is wrong with it. */
export function resolve(
  policy: RolloutPolicy,
  hosts: readonly string[],
): { readonly limits: Limits } | { readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const wrong = (path: string, reason: string) => problems.push({ path, reason });
  const many = policy.only?.length ?? hosts.length;

  const share = (path: "canary" | "maxParallel" | "maxFailures", least: number): number => {
    const value = policy[path] ?? defaults[path];
    const [, digits, percent] = /^(\d{1,9})(%?)$/.exec(String(value)) ?? [];
    const number = Number(digits);
    if (digits === undefined || (percent && number > 100))
      wrong(path, `${JSON.stringify(value)} is not a whole number or a percentage like "25%"`);
    else if (number < least) wrong(path, `must be at least ${least}`);
    return percent ? Math.max(least, Math.floor((many * number) / 100)) : number;
  };
  const seconds = (
    path: "minHealthyTime" | "healthyDeadline" | "grace",
    least: number,
    most: number,
  ): number => {
    const value = policy[path] ?? defaults[path];
    if (!(value >= least && value <= most))
      wrong(path, `must be ${least} to ${most} seconds, and is ${value}`);
    return value;
  };
  const named = (path: "canaryHosts" | "only") =>
    policy[path]?.forEach((name, index) => {
      if (!hosts.includes(name)) wrong(`${path}[${index}]`, `"${name}" is not one of the hosts`);
    });
  named("canaryHosts");
  named("only");
  if (policy.only?.length === 0 && hosts.length > 0) wrong("only", "names no host");

  const limits: Limits = {
    canaryHosts: policy.canaryHosts ?? defaults.canaryHosts,
    autoRevert: policy.autoRevert ?? defaults.autoRevert,
    offline: policy.offline ?? defaults.offline,
    only: policy.only,
    pause: policy.pause ?? defaults.pause,
    // A canary needs other hosts that come after it.
    canary: many <= 1 ? 0 : share("canary", 0),
    maxParallel: share("maxParallel", 1),
    maxFailures: share("maxFailures", 0),
    minHealthyTime: seconds("minHealthyTime", 0, 3600),
    healthyDeadline: seconds("healthyDeadline", 1, 3600),
    grace: seconds("grace", shortestGrace, 3600),
  };
  if (limits.pause === "canary" && many > 1 && limits.canary === 0 && limits.canaryHosts.length === 0)
    wrong("pause", "needs a canary");
  return problems.length > 0 ? { problems } : { limits };
}

/** Whether `only` leaves a host out. */
export function isHeldBack({ name }: Pick<Member, "name">, { only }: Limits): boolean {
  return only !== undefined && !only.includes(name);
}
