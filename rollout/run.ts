import type { Back, Has, Member } from "./member.ts";
import type { End } from "./outcome.ts";
import type { Limits } from "./policy.ts";
import { type World, within } from "./world.ts";

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
  if (host.phase === "waiting") return settle(host, cause, why);
  const { member } = host;
  const end = { name: host.name, had: member.has, cause };
  host.end =
    host.phase === "prepared"
      ? // Left alone it releases what it has prepared at once, and nothing else was changed: an answer is not needed.
        within(run.world.clock, releasing, () => member.revert()).then((answer) =>
          answer.kind === "stuck"
            ? { ...end, has: "stuck", why: `${why}; not released whole: ${answer.why}` }
            : { ...end, has: host.has, why },
        )
      : insist(run, run.world.clock.now(), () => member.revert()).then((answer) =>
          answer.kind === "reverted"
            ? { ...end, has: host.has, why }
            : answer.kind === "stuck"
              ? { ...end, has: "stuck", why: `could not be taken back whole: ${answer.why} (${why})` }
              : { ...end, has: "unknown", why: `lost while it was taken back: ${answer.why} (${why})` },
        );
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
export async function insist<T extends { readonly kind: string }>(
  { world: { clock }, limits }: Run,
  since: number,
  ask: () => Promise<T>,
): Promise<T | { readonly kind: "unknown"; readonly why: string }> {
  const until = since + limits.grace - margin;
  for (;;) {
    const answer = await within(clock, until - clock.now(), ask);
    if (answer.kind !== "silent" && answer.kind !== "unknown") return answer as T;
    if (clock.now() + again >= until) return { kind: "unknown", why: (answer as { why: string }).why };
    await clock.sleep(again);
  }
}
