import { admission } from "../../rollout/admission.ts";
import { rollOut } from "../../rollout/coordinator.ts";
import type { Outcome } from "../../rollout/outcome.ts";
import { type Limits, type RolloutPolicy, resolve } from "../../rollout/policy.ts";
import type { World } from "../../rollout/world.ts";
import { type Fate, SimulatedHost, fine } from "./rollout-host.ts";
import { type VirtualClock, virtualClock } from "./rollout-time.ts";

export interface Scene {
  readonly outcome: Outcome;
  readonly hosts: readonly SimulatedHost[];
  readonly limits: Limits;
  readonly said: readonly string[];
  /** Hosts whose last answer, at the time of the result, did not say which version they have. */
  readonly unheard: readonly SimulatedHost[];
  /** The time of the result. */
  readonly ended: number;
  /** The most hosts that changed at once. */
  readonly mostChanging: number;
}

export interface Given {
  /** Name → the differences from a host on which everything succeeds. */
  readonly fates: Readonly<Record<string, Partial<Fate>>>;
  readonly policy?: RolloutPolicy;
  readonly cancelAt?: number;
  readonly goneAt?: number;
  readonly leaving?: readonly string[];
  /** Shared with other rollouts. */
  readonly clock?: VirtualClock;
  readonly admission?: World["admission"];
  readonly site?: string;
}

/** Begins a rollout on simulated hosts. */
export function begin(given: Given): Promise<Scene> {
  const clock = given.clock ?? virtualClock();
  const resolved = resolve(given.policy ?? {}, Object.keys(given.fates));
  if ("problems" in resolved) throw new Error(JSON.stringify(resolved.problems));
  const { limits } = resolved;
  const hosts = Object.entries(given.fates).map(
    ([name, fate]) => new SimulatedHost(name, { ...fine, ...fate }, clock, limits.grace),
  );
  let mostChanging = 0;
  for (const host of hosts) {
    host.leaves = given.leaving?.includes(host.name) ?? false;
    const activate = host.activate.bind(host);
    host.activate = async () => {
      const answer = activate();
      // A host that did not answer during its grace time has been given up.
      const isGivenUp = ({ revertedAt = Infinity }: SimulatedHost) =>
        clock.now() - revertedAt >= limits.grace - 15;
      const changing = hosts.filter((other) => other.isChanging && !isGivenUp(other)).length;
      mostChanging = Math.max(mostChanging, changing);
      return await answer;
    };
  }
  const said: string[] = [];
  const [cancel, gone] = [new AbortController(), new AbortController()];
  if (given.cancelAt !== undefined) clock.at(given.cancelAt, () => cancel.abort());
  if (given.goneAt !== undefined) clock.at(given.goneAt, () => gone.abort());
  return rollOut(given.site ?? "www", hosts, limits, {
    clock,
    random: () => 0.5,
    say: (line) => said.push(line),
    cancel: cancel.signal,
    gone: gone.signal,
    admission: given.admission ?? admission(),
  }).then((outcome) => {
    const unheard = hosts.filter(({ isUnanswered, isAsked }) => isUnanswered || isAsked);
    return { outcome, hosts, limits, said, unheard, ended: clock.now(), mostChanging };
  });
}

/** Runs a rollout to its end, and then everything that hosts do by themselves. */
export async function play(given: Given): Promise<Scene> {
  const clock = virtualClock();
  const scene = await clock.run(begin({ ...given, clock }));
  await clock.drain();
  return scene;
}

/** The hosts in the order of their activation, those of one moment together. */
export function activations({ hosts }: Scene): string[][] {
  const byTime = Map.groupBy(
    hosts.filter(({ activatedAt }) => activatedAt !== undefined),
    ({ activatedAt }) => activatedAt ?? 0,
  );
  return [...byTime].sort(([left], [right]) => left - right).map(([, same]) => same.map(({ name }) => name));
}

export function truths({ hosts }: Scene): Record<string, string> {
  return Object.fromEntries(hosts.map(({ name, truth }) => [name, truth]));
}

/** Four hosts on which everything succeeds, except for the given fates. */
export function four(others: Record<string, Partial<Fate>> = {}): Record<string, Partial<Fate>> {
  return { "web-1": {}, "web-2": {}, "web-3": {}, "web-4": {}, ...others };
}

export const allOld = { "web-1": "old", "web-2": "old", "web-3": "old", "web-4": "old" };
export const allNew = { "web-1": "new", "web-2": "new", "web-3": "new", "web-4": "new" };

export function text({ outcome }: Scene): string {
  return outcome.kind === "all-new" ? "" : outcome.text;
}
