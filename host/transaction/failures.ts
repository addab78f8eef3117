import { HostError, messageOf, upAgain } from "../errors.ts";
import { type Step, stepSays } from "../plan/step.ts";
import type { Failed } from "./phases.ts";

/** The error of a step that failed while the new version was prepared: the running version was not touched. */
export function notPrepared(host: string, step: Step | undefined, failed: Failed): HostError {
  const problem = failure(step, failed);
  return failed.back.ok
    ? new HostError(host, problem, { cure: cureOf(step) })
    : stuckAt(host, problem, failed);
}

/** The error of a step that failed later. It says in which state the host is now. */
export function failedStep(host: string, step: Step | undefined, failed: Failed): HostError {
  const problem = failure(step, failed);
  return failed.back.ok ? takenBack(host, problem) : stuckAt(host, problem, failed);
}

function failure(step: Step | undefined, { output }: Failed): string {
  return `${step ? stepSays(step) : "a step"} failed: ${output}`;
}

function cureOf(step: Step | undefined): string | undefined {
  if (step?.verb !== "pull" || step.policy === "kept" || step.policy === "never") return undefined;
  const login = step.withLogin ? "" : ", and whether the registry needs a login (`registries`)";
  return `Check the image's name and tag${login}. On the host: podman pull ${step.image}`;
}

function stuckAt(host: string, problem: string, { back }: Failed): HostError {
  return stuck(host, `${problem}\nThe rollback failed as well: ${back.output}`);
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
