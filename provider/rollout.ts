import { setTimeout as sleep } from "node:timers/promises";
import { HostError, messageOf, upAgain } from "../host/errors.ts";
import type { Facts } from "../host/facts/facts.ts";
import type { Target } from "../host/ssh/endpoint.ts";
import type { Pool } from "../host/ssh/pool.ts";
import { type Progress, timeLimit } from "../host/transaction/progress.ts";
import { type Admission, admission } from "../rollout/admission.ts";
import { rollOut } from "../rollout/coordinator.ts";
import { fold } from "../rollout/fold.ts";
import type { Has } from "../rollout/member.ts";
import type { Exception, Outcome } from "../rollout/outcome.ts";
import type { Limits } from "../rollout/policy.ts";
import type { Clock } from "../rollout/world.ts";
import { Failed, Refused } from "./failure.ts";
import { type Place, RolloutHost } from "./rollout-host.ts";

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

/** The result of a rollout, unless nothing was changed. */
export interface Deployed {
  /** What each changed host has now. */
  readonly has: ReadonlyMap<string, Has>;
  /** Whether any host has the new version now. */
  readonly isNew: boolean;
  readonly exceptions: Readonly<Record<string, Exception>>;
  /** What was observed on hosts with the new version. */
  readonly facts: ReadonlyMap<string, Facts>;
  /** Names of hosts that may be gone for good. */
  readonly unreachable: readonly string[];
  /** What is left to do because of a failure: the run fails. */
  readonly problem?: string;
  /** What the policy leaves to do later: the run succeeds. */
  readonly notice?: string;
}

/**
 * Brings all hosts to the desired state, or none.
 *
 * @param site the name that other rollouts of the run use for this one
 * @throws HostError for one host, {@link Failed} for several, when nothing was changed or everything was rolled back
 */
export async function deploy(
  { run, pool, progress }: { run: Run; pool: Pool; progress: Progress },
  site: string,
  places: readonly Place[],
  limits: Limits,
): Promise<Deployed> {
  const isAlone = places.length === 1;
  const hosts = places.map((place) => {
    // The lines of several hosts would replace each other, so the rollout itself reports the progress.
    const own: Progress = isAlone
      ? progress
      : { doing: () => undefined, note: (says) => progress.note(`${place.name}: ${says}`) };
    return new RolloutHost(place, pool, limits.grace, own);
  });
  const say = (line: string, kind: "status" | "milestone") =>
    kind === "status" ? progress.doing(line) : progress.note(line);
  if (!isAlone) progress.doing(`preparing ${fold(places.map(({ name }) => name))}`);
  try {
    const members = hosts.map(({ member }) => member);
    const outcome = await rollOut(site, members, limits, { ...run, clock, random: Math.random, say });
    const [only] = hosts;
    if (outcome.kind === "all-old") {
      const unclear = unclearOf(hosts);
      if (unclear) return { ...unclear, problem: isAlone ? (only?.problem?.message ?? "") : outcome.text };
      throw isAlone && only ? failedAlone(only, outcome) : failed(hosts, outcome);
    }
    const has = versions(hosts, outcome);
    const { facts, unread } = await look(hosts.filter(({ name }) => has.get(name) === "new"));
    const told = outcome.kind === "partial" ? outcome : undefined;
    const text = told && isAlone ? (only?.problem?.message ?? told.text) : told?.text;
    const problem = [told?.answer === "init-failed" ? text : undefined, ...unread.values()].filter(
      (one) => one !== undefined,
    );
    return {
      has,
      isNew: told === undefined || told.rest === "new",
      exceptions: {
        ...told?.exceptions,
        ...Object.fromEntries([...unread].map(([name, why]) => [name, { has: "new" as const, why }])),
      },
      facts,
      unreachable: unreachableOf(hosts),
      ...(problem.length > 0 ? { problem: problem.join("\n") } : {}),
      ...(told?.answer === "ok" && text !== undefined ? { notice: text } : {}),
    };
  } finally {
    await Promise.all(hosts.map((host) => host.leave()));
  }
}

/** The error for several hosts. The text groups hosts with equal errors. */
function failed(hosts: readonly RolloutHost[], { touched, text }: Outcome & { kind: "all-old" }): Failed {
  return new Failed(text, touched ? "taken back" : "untouched", unreachableOf(hosts));
}

/** A host behind a jump host that failed is not one of them: nothing is known about it. */
function unreachableOf(hosts: readonly RolloutHost[]): string[] {
  return hosts.flatMap(({ name, problem }) =>
    problem?.reason === "unreachable" && !problem.isOnTheWay ? [name] : [],
  );
}

/** The error for one host. Its own message names the host and says what to do. */
function failedAlone(
  { problem, name }: RolloutHost,
  { touched, text }: Outcome & { kind: "all-old" },
): Error {
  const late = problem && !text.includes(problem.withoutHost);
  if (problem && !late) return problem;
  // The rollout was cancelled, or the host was busy for too long.
  if (!touched) return new Refused(text);
  const cure = "Correct the cause, or allow more time: commandTimeout, or customTimeouts of the resource.";
  const all = [text, problem?.problem].filter(Boolean).join("\n");
  return new HostError(name, all, { leaves: "taken back", cure });
}

/** Hosts whose version is not known, for example because the connection was lost while an earlier transaction was rolled back. */
function unclearOf(hosts: readonly RolloutHost[]): Omit<Deployed, "problem"> | undefined {
  const unclear = hosts.filter(({ problem }) => problem?.leaves === "unknown");
  if (unclear.length === 0) return undefined;
  const exceptions = unclear.map(
    ({ name, problem }) => [name, { has: "unknown" as const, why: problem?.withoutHost ?? "" }] as const,
  );
  return {
    has: new Map(
      hosts.map(({ name, has, problem }) => [name, problem?.leaves === "unknown" ? "unknown" : has]),
    ),
    isNew: false,
    exceptions: Object.fromEntries(exceptions),
    facts: new Map(),
    unreachable: [],
  };
}

function versions(hosts: readonly RolloutHost[], outcome: Outcome): Map<string, Has> {
  return new Map(
    hosts.map(({ name, has }) => {
      if (outcome.kind !== "partial") return [name, "new"];
      return [name, outcome.exceptions[name]?.has ?? (outcome.rest === "new" ? "new" : has)];
    }),
  );
}

/** What is on the hosts after a rollout, and which hosts could not be read. */
async function look(hosts: readonly RolloutHost[]) {
  const facts = new Map<string, Facts>();
  const unread = new Map<string, string>();
  await Promise.all(
    hosts.map(async (host) => {
      try {
        facts.set(host.name, await host.look());
      } catch (thrown) {
        const problem = `the new version is active, but its state could not be read afterwards: ${messageOf(thrown)}`;
        unread.set(
          host.name,
          new HostError(host.name, problem, { leaves: "unknown", cure: upAgain }).message,
        );
      }
    }),
  );
  return { facts, unread };
}

/** The longest time limit of the hosts, for a policy without a deadline. */
export function deadlineOf(targets: readonly Target[]): number {
  return Math.max(1, ...targets.map(timeLimit));
}

const clock: Clock = {
  now: () => performance.now() / 1000,
  sleep: async (seconds, signal) => {
    await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
  },
};
