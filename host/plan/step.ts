import { type Whose, plainName } from "../account-units.ts";
import type { PullPolicy } from "../desired.ts";

/** One step of the script: the function `step_VERB` of transaction/scripts/, and its arguments. */
export type Step =
  | { verb: "begin" }
  | { verb: "pull"; policy: PullPolicy; image: string; withLogin: boolean }
  | { verb: "validate"; managers: readonly Whose[] }
  | { verb: "readers"; image: string; path: string }
  /** `check` is the number of a check, `name` its name in errors. */
  | { verb: "try"; check: number; name: string }
  /** `text` is the number of a text, `path` where it is put during the transaction. */
  | { verb: "lend"; text: number; unit: string; path: string }
  | { verb: "rehearse"; service: string; unit: string; container: string; probes: number[]; checks: number[] }
  | { verb: "unlend"; unit: string; path: string }
  /** `text` is the number of a text with the mimic's OCI configuration: see mimic-config.ts. */
  | { verb: "mimic"; service: string; text: number; runtime: string; probes: number[] }
  | { verb: "stage" }
  | { verb: "tag"; image: string }
  /** `file` is the number of a file of the payload. */
  | { verb: "put"; file: number; mode: string; path: string }
  | { verb: "remove"; path: string }
  | { verb: "enable" | "disable"; unit: string }
  | { verb: "daemon_reload"; managers: readonly Whose[] }
  | { verb: "handover"; service: string; unit: string }
  | { verb: "return"; unit: string }
  /** All units in one call. */
  | { verb: "stop" | "restart"; units: readonly string[] }
  | { verb: "start" | "reload" | "reset_failed"; unit: string }
  | { verb: "settle" }
  | { verb: "verify"; unit: string; after: "started" | "touched" }
  /** `probe` is the number of a probe, `says` what it asks, `unit` the unit whose journal tells why it fails. */
  | { verb: "ask"; probe: number; says: string; unit: string }
  | { verb: "commit" }
  | { verb: "forget" };

type Verb = Step["verb"];

type StepOf<V extends Verb> = Extract<Step, { verb: V }>;

interface Kind<S> {
  /** The arguments of the script's function: at most three words, as run_steps in frames.sh reads them. */
  args(
    step: S,
  ): readonly [] | readonly [string] | readonly [string, string] | readonly [string, string, string];
  /** What it does, for the status line and for errors: "pulling docker.io/library/nginx:latest". */
  says(step: S): string;
}

const onUnit = (says: string): Kind<{ unit: string }> => ({
  args: ({ unit }) => [unit],
  says: ({ unit }) => `${says} ${plainName(unit)}`,
});
const onUnits = (says: string): Kind<{ units: readonly string[] }> => ({
  args: ({ units }) => [units.join(" ")],
  says: ({ units }) => `${says} ${units.map(plainName).join(", ")}`,
});
const alone = (says: string): Kind<unknown> => ({ args: () => [], says: () => says });

const kinds: { [V in Verb]: Kind<StepOf<V>> } = {
  begin: alone("starting"),
  pull: {
    args: ({ policy, image, withLogin }) => [policy, image, withLogin ? "login" : "-"],
    says: ({ image, policy }) => `${policy === "kept" ? "bringing back" : "pulling"} ${image}`,
  },
  validate: {
    args: ({ managers }) => [managers.join(" ")],
    says: () => "validating the units",
  },
  readers: {
    args: ({ image, path }) => [image, path],
    says: ({ path }) => `checking who reads ${path}`,
  },
  try: { args: ({ check }) => [String(check)], says: ({ name }) => `checking by ${name}` },
  lend: {
    args: ({ text, path, unit }) => [String(text), path, unit],
    says: ({ unit }) => `preparing ${plainName(unit)}`,
  },
  rehearse: {
    args: ({ unit, container, probes, checks }) => [
      unit,
      container,
      `${probes.join(" ")}/${checks.join(" ")}`,
    ],
    says: ({ service }) => `rehearsing ${plainName(service)}`,
  },
  mimic: {
    args: ({ text, runtime, probes }) => [String(text), runtime, probes.join(" ")],
    says: ({ service }) => `rehearsing ${plainName(service)}`,
  },
  unlend: { args: ({ path }) => [path], says: ({ unit }) => `removing ${plainName(unit)}` },
  stage: alone("preparing the files"),
  tag: { args: ({ image }) => [image], says: ({ image }) => `tagging ${image}` },
  put: {
    args: ({ file, mode, path }) => [String(file), mode, path],
    says: ({ path }) => `writing ${path}`,
  },
  remove: { args: ({ path }) => [path], says: ({ path }) => `removing ${path}` },
  enable: onUnit("enabling"),
  disable: onUnit("disabling"),
  daemon_reload: {
    args: ({ managers }) => [managers.join(" ")],
    says: () => "reloading systemd",
  },
  handover: {
    args: ({ unit }) => [unit],
    says: ({ service }) => `handing ${plainName(service)} over to its new version`,
  },
  return: onUnit("stopping"),
  stop: onUnits("stopping"),
  restart: onUnits("restarting"),
  start: onUnit("starting"),
  reload: onUnit("reloading"),
  reset_failed: onUnit("forgetting"),
  settle: alone("waiting a moment"),
  verify: { args: ({ unit, after }) => [unit, after], says: ({ unit }) => `verifying ${plainName(unit)}` },
  ask: { args: ({ probe, unit }) => [String(probe), unit], says: ({ says }) => `asking ${says}` },
  commit: alone("committing"),
  forget: alone("cleaning up"),
};

export const verbs = Object.keys(kinds) as Verb[];

/** The fields of a step's line in the script's plan: the verb and its arguments. */
export function stepFields(step: Step): string[] {
  return [step.verb, ...kindOf(step).args(step)];
}

/** What a step does, for the status line and for errors. */
export function stepSays(step: Step): string {
  return kindOf(step).says(step);
}

function kindOf(step: Step): Kind<Step> {
  return kinds[step.verb];
}
