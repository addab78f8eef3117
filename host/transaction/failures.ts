import { HostError, messageOf, upAgain } from "../errors.ts";
import { type Step, stepSays } from "../plan/step.ts";
import type { Failed } from "./phases.ts";

/**
 * The error of a failed step. It says in which state the host is now.
 *
 * @param during the phase of the step: a preparation does not touch the running version
 */
export function failedStep(
  host: string,
  step: Step | undefined,
  { output, back }: Failed,
  during: "preparation" | "activation",
): HostError {
  const problem = `${step ? stepSays(step) : "a step"} failed: ${output}`;
  if (!back.ok) return stuck(host, `${problem}\nThe rollback failed as well: ${back.output}`);
  return during === "activation"
    ? takenBack(host, problem)
    : new HostError(host, problem, { cure: cureOf(step) });
}

function cureOf(step: Step | undefined): string | undefined {
  if (step?.verb !== "pull" || step.policy === "kept" || step.policy === "never") return undefined;
  const login = step.withLogin ? "" : ", and whether the registry needs a login (`registries`)";
  return `Check the image's name and tag${login}. On the host: podman pull ${step.image}`;
}

/** The error of a host that has the old version again. */
export function takenBack(host: string, problem: string): HostError {
  return new HostError(host, problem, { leaves: "taken back" });
}

/** The error of an activated host that fails a check. */
export function unhealthy(host: string, output: string): HostError {
  return new HostError(host, output, { leaves: "unknown", state: "The new version is active." });
}

/** The error of a host that has neither the old nor the new version. */
export function stuck(host: string, problem: string): HostError {
  return new HostError(host, problem, {
    leaves: "unknown",
    state: "The rollback is not complete: parts of the new version may be left.",
    cure: "Correct the cause and run `pulumi up` again: it completes the rollback first, and then deploys.",
  });
}

/** The error of an activated host whose connection was lost. `thrown` describes the connection, not the host, so its state is replaced. */
export function lost(host: string, thrown: unknown, grace: number): HostError {
  const problem = thrown instanceof HostError ? thrown.problem : messageOf(thrown);
  return new HostError(host, problem, {
    leaves: "unknown",
    state: `Its state is not known. Unless it was told to keep the new version, it reverts to the old one by itself, at most ${grace + 60} seconds after the last contact.`,
    cure: upAgain,
    cause: thrown,
  });
}

export function asHostError(host: string, thrown: unknown): HostError {
  if (thrown instanceof HostError) return thrown;
  return new HostError(host, messageOf(thrown), { leaves: "unknown", cause: thrown });
}
