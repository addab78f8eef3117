import type { Back, Has, Member } from "./member.ts";
import type { End } from "./outcome.ts";
import type { Limits } from "./policy.ts";
import { type Silence, type World, within } from "./world.ts";

/** One host in a running rollout. */
export interface Host extends Pick<Member, "name" | "leaves"> {
  readonly member: Member;
  has: Has;
  isCanary: boolean;
  phase: "waiting" | "prepared" | "activated" | "held";
  /** The result. Set as soon as the host takes no further part. */
  end?: Promise<End>;
  /** Whether the result waits for a revert. */
  isReverting?: boolean;
}

export interface Run {
  readonly hosts: readonly Host[];
  readonly limits: Limits;
  readonly world: World;
  /** Aborted when nothing more may be started. A single host is finished after Ctrl-C, because that ends the run soonest. */
  readonly halt: AbortSignal;
  failures: number;
  /** Whether a failure ends the rollout in spite of the budget. */
  isHopeless: boolean;
  /** Why the rollout ends, if the reason is not a single host. */
  stopped?: string;
}

export function isOverBudget({ failures, limits, isHopeless }: Run): boolean {
  return isHopeless || failures > limits.maxFailures;
}

/** The hosts that still take part and are in one of these phases. */
export function inside({ hosts }: Run, ...phases: Host["phase"][]): Host[] {
  return hosts.filter(({ end, phase }) => end === undefined && phases.includes(phase));
}

/** The results of the hosts that take no further part. Waits for running reverts. */
export function ends(hosts: readonly Host[]): Promise<End[]> {
  return Promise.all(hosts.flatMap(({ end }) => end ?? []));
}

export function settle(host: Host, cause: End["cause"], why: string, has: Has = host.has): void {
  const { name, leaves, member } = host;
  host.end = Promise.resolve({ name, leaves, had: member.has, has, cause, why });
}

/** Counts a failure. The failure of a canary ends the rollout, whatever the budget. */
export function fail(run: Run, host: Host, why: string, now: Back | "here" = "back"): void {
  run.failures += 1;
  run.isHopeless ||= host.isCanary;
  if (now === "here") revert(run, host, "failure", why);
  else if (now === "stuck") settle(host, "failure", `could not be reverted completely: ${why}`, "stuck");
  else settle(host, "failure", why);
}

/** Starts to revert a host. The caller continues, so a revert that hangs or fails does not stop other hosts. */
export function revert(run: Run, host: Host, cause: "failure" | "others" | "wish", why: string): void {
  if (host.phase === "waiting") settle(host, cause, why);
  else {
    host.isReverting = true;
    host.end = reverting(run, host, cause, why).finally(() => (host.isReverting = false));
  }
}

async function reverting(run: Run, host: Host, cause: End["cause"], why: string): Promise<End> {
  const { clock } = run.world;
  const { member, name, leaves, has, phase } = host;
  const ask = () => member.revert();
  const end = { name, leaves, had: member.has, cause };
  const answer =
    phase === "prepared" ? await within(clock, releasing, ask) : await insist(run, clock.now(), ask);
  const first = cause === "failure" ? ` (${why})` : "";
  if (answer.kind === "stuck")
    return { ...end, has: "stuck", why: `could not be reverted completely: ${answer.why}${first}` };
  // A host that is only prepared releases everything when its connection ends, so no answer is needed.
  if (answer.kind === "reverted" || phase === "prepared") return { ...end, has, why };
  return { ...end, has: "unknown", why: `lost during the revert: ${answer.why}${first}` };
}

/** Seconds. */
const releasing = 30;
const again = 2;
const margin = 10;

/**
 * Asks a host for its result until it answers, and stops before the host may have reverted by itself.
 *
 * @param since the last time at which the host was surely connected
 */
export async function insist<T extends { readonly kind: string; readonly why?: string }>(
  { world: { clock }, limits }: Run,
  since: number,
  ask: () => Promise<T>,
): Promise<T | Silence> {
  const until = since + limits.grace - margin;
  for (;;) {
    const answer = await within(clock, until - clock.now(), ask);
    const isKnown = answer.kind !== "silent" && answer.kind !== "unknown";
    if (isKnown || clock.now() + again >= until) return answer;
    await clock.sleep(again);
  }
}
