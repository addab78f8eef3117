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
  /** Set once it is out: its result, or what will be. */
  end?: Promise<End>;
}

export interface Run {
  readonly hosts: readonly Host[];
  readonly limits: Limits;
  readonly world: World;
  /** Aborted when nothing more is to be begun. One host alone goes on to its end after Ctrl-C: that is the shortest way out. */
  readonly halt: AbortSignal;
  failures: number;
  /** Whether the failures end the rollout, whatever their number. */
  isHopeless: boolean;
  /** Why it ends, where no single host's failure says so. */
  stopped?: string;
}

export function isOverBudget({ failures, limits, isHopeless }: Run): boolean {
  return isHopeless || failures > limits.maxFailures;
}

/** All that still take part. */
export function inside({ hosts }: Run, ...phases: Host["phase"][]): Host[] {
  return hosts.filter(({ end, phase }) => end === undefined && phases.includes(phase));
}

/** How those ended that are out; waits for those which are being taken back. */
export function ends(hosts: readonly Host[]): Promise<End[]> {
  return Promise.all(hosts.flatMap(({ end }) => end ?? []));
}

export function settle(host: Host, cause: End["cause"], why: string, has: Has = host.has): void {
  host.end = Promise.resolve({ name: host.name, had: host.member.has, has, cause, why });
}

/** A failure, which counts. A canary's ends the rollout: that is what it is for. */
export function fail(run: Run, host: Host, why: string, now: Back | "here" = "back"): void {
  run.failures += 1;
  run.isHopeless ||= host.isCanary;
  if (now === "here") takeBack(run, host, "failure", why);
  else if (now === "stuck") settle(host, "failure", `could not be taken back whole: ${why}`, "stuck");
  else settle(host, "failure", why);
}

/** Takes a host back beside all else that goes on: one that can't be must not stop the others. */
export function takeBack(run: Run, host: Host, cause: "failure" | "others", why: string): void {
  if (host.phase === "waiting") settle(host, cause, why);
  else host.end = takenBack(run, host, cause, why);
}

async function takenBack(run: Run, host: Host, cause: "failure" | "others", why: string): Promise<End> {
  const { clock } = run.world;
  const { member, name, has, phase } = host;
  const revert = () => member.revert();
  const end = { name, had: member.has, cause };
  const answer =
    phase === "prepared" ? await within(clock, releasing, revert) : await insist(run, clock.now(), revert);
  const first = cause === "failure" ? ` (${why})` : "";
  if (answer.kind === "stuck")
    return { ...end, has: "stuck", why: `could not be taken back whole: ${answer.why}${first}` };
  // Left alone, a host that is only prepared releases that at once, and nothing else was changed: no answer is needed.
  if (answer.kind === "reverted" || phase === "prepared") return { ...end, has, why };
  return { ...end, has: "unknown", why: `lost while it was taken back: ${answer.why}${first}` };
}

/** Seconds. */
const releasing = 30;
const again = 2;
const margin = 10;

/**
 * Asks until the host says what became of it, and not after it may have decided that by itself.
 *
 * @param since when it was last known to be attached
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
