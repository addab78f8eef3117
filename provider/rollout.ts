import { setTimeout as sleep } from "node:timers/promises";
import { HostError, messageOf, upAgain } from "../host/errors.ts";
import { type Facts, noFacts } from "../host/facts/facts.ts";
import type { Target } from "../host/ssh/endpoint.ts";
import type { Pool } from "../host/ssh/pool.ts";
import { HostMember } from "../host/transaction/member.ts";
import type { Order } from "../host/transaction/order.ts";
import { type Progress, timeLimit } from "../host/transaction/progress.ts";
import { type Admission, admission } from "../rollout/admission.ts";
import { rollOut } from "../rollout/coordinator.ts";
import type { Has } from "../rollout/member.ts";
import { type Limits, resolve } from "../rollout/policy.ts";
import type { Clock } from "../rollout/world.ts";
import { Refused } from "./failure.ts";

/** What the rollouts of one run share. */
export interface Run {
  readonly admission: Admission;
  /** Ctrl-C. */
  readonly cancel: AbortSignal;
  /** The engine was killed. */
  readonly gone: AbortSignal;
}

export function newRun(signals: Pick<Run, "cancel" | "gone">): Run {
  return { cancel: signals.cancel, gone: signals.gone, admission: admission() };
}

/** What is on the host after a rollout, where it has the new version; and what is left to do there, where something is. */
export type Deployed = { facts: Facts; problem?: HostError } | { facts?: undefined; problem: HostError };

/**
 * Brings one host to what is desired.
 *
 * @param site how other rollouts of the run call it
 * @param has what it has according to the state
 * @throws HostError when nothing was changed, or all was taken back
 */
export async function deploy(
  { run, pool, progress }: { run: Run; pool: Pool; progress: Progress },
  site: string,
  target: Target,
  order: Order,
  has: Has,
): Promise<Deployed> {
  const limits = limitsFor(target);
  const member = new HostMember(pool, target, order, has, limits.grace, progress);
  const say = (line: string, kind: "status" | "milestone") =>
    kind === "status" ? progress.doing(line) : progress.note(line);
  try {
    const outcome = await rollOut(site, [member], limits, { ...run, clock, random: Math.random, say });
    if (outcome.kind === "all-new") return await after(member);
    if (outcome.kind === "partial")
      return { problem: member.problem ?? new HostError(member.name, outcome.text, { leaves: "unknown" }) };
    // The connection was lost while an earlier transaction was taken back, for example.
    if (member.problem?.leaves === "unknown") return { problem: member.problem };
    const late = member.problem && !outcome.text.includes(member.problem.message);
    if (member.problem && !late) throw member.problem;
    // It was cancelled, or busy for too long.
    if (!outcome.touched) throw new Refused(outcome.text);
    const cure =
      "Correct the cause, or give it more time: commandTimeout, or customTimeouts of the resource.";
    const problem = [outcome.text, member.problem?.problem].filter(Boolean).join("\n");
    throw new HostError(member.name, problem, { leaves: "taken back", cure });
  } finally {
    await member.leave();
  }
}

async function after(member: HostMember): Promise<Deployed> {
  try {
    return { facts: await member.look() };
  } catch (thrown) {
    const problem = `the new version is active, but its state could not be read afterwards: ${messageOf(thrown)}`;
    const cure = upAgain;
    return { facts: noFacts(), problem: new HostError(member.name, problem, { leaves: "unknown", cure }) };
  }
}

function limitsFor(target: Target): Limits {
  const resolved = resolve({}, [target.address]);
  if ("problems" in resolved) throw new Error("The defaults of a rollout are wrong.");
  return { ...resolved.limits, healthyDeadline: timeLimit(target) };
}

const clock: Clock = {
  now: () => performance.now() / 1000,
  sleep: async (seconds, signal) => {
    await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
  },
};
