import type { UnitSetInputs } from "../resources/contract.ts";
import { type Limits, type RolloutPolicy, type Problem, resolve } from "../rollout/policy.ts";

/** The environment variable that limits a run to these hosts. */
export const onlyVariable = "QUADLET_FLEET_ONLY";
/** The environment variable with hosts that an update, a refresh or a destroy forgets. */
export const forgetVariable = "QUADLET_FLEET_FORGET";

/** Hooks most likely drain a host, so the other hosts must answer its requests. */
const maxParallelWithHooks = "25%";

/** The policy of a set in numbers, or what is wrong with it. */
export function policyOf(
  { rollout: given = {}, hosts, hooks }: Pick<UnitSetInputs, "rollout" | "hosts" | "hooks">,
  environment: NodeJS.ProcessEnv = process.env,
): { readonly limits: Limits } | { readonly problems: readonly Problem[] } {
  const rollout = hooks === undefined ? given : { maxParallel: maxParallelWithHooks, ...given };
  const names = Object.entries(hosts)
    .filter(([, { state }]) => state !== "retired")
    .map(([name]) => name);
  const only = namesIn(environment[onlyVariable]);
  if (only.length === 0) return resolve(rollout, names);
  // A site may have none of these hosts. It is then held back on all of its own.
  const here = only.filter((name) => names.includes(name));
  const resolved = resolve({ ...(rollout as RolloutPolicy), only: here.length > 0 ? here : names }, names);
  return "limits" in resolved ? { limits: { ...resolved.limits, only: here } } : resolved;
}

/** @throws Error if the policy is wrong. The check of the inputs has already reported that */
export function limitsOf(inputs: Pick<UnitSetInputs, "rollout" | "hosts" | "hooks">): Limits {
  const resolved = policyOf(inputs);
  if ("limits" in resolved) return resolved.limits;
  const [first] = resolved.problems;
  throw new Error(`rollout.${first?.path}: ${first?.reason}`);
}

export function isForgotten(name: string, environment: NodeJS.ProcessEnv = process.env): boolean {
  return namesIn(environment[forgetVariable]).includes(name);
}

/** "web-1, web-2" */
function namesIn(list = ""): string[] {
  return list.split(",").flatMap((name) => (name.trim() === "" ? [] : [name.trim()]));
}

/** The limits of a removal: a host stays without the set even if others fail. */
export function removal(healthyDeadline: number): Limits {
  const resolved = resolve({ canary: 0, minHealthyTime: 0, autoRevert: false }, []);
  if ("problems" in resolved) throw new Error("The defaults of a rollout are wrong.");
  return { ...resolved.limits, maxFailures: Infinity, healthyDeadline };
}
