import { Pool } from "../../host/ssh/pool.ts";
import { apply } from "../../provider/operations/apply.ts";
import { desiredOf } from "../../provider/operations/context.ts";
import { outlook } from "../../provider/outlook.ts";
import { limitsOf } from "../../provider/policy.ts";
import { newRun } from "../../provider/rollout.ts";
import { Survey } from "../../provider/survey.ts";
import { type State, Unfinished } from "../../provider/unfinished.ts";
import { VersionError, inputsOf, isVersion } from "../../provider/version.ts";
import { type WireObject, isObject, revealObject } from "../../provider/wire.ts";
import type { UnitSetInputs } from "../../resources/contract.ts";
import { isHeldBack } from "../../rollout/policy.ts";
import { confirm } from "../confirm.ts";
import { setsOf } from "../sites.ts";
import { type DeployedSet, pulumi, readStack } from "../stack.ts";
import { Stop } from "../stop.ts";
import { changesOf } from "./changes.ts";
import { lookAtVersions } from "./look.ts";
import { lines } from "./progress.ts";
import { versionBefore } from "./version-before.ts";

export interface RollbackOptions {
  /** Default: the selected stack. */
  readonly stack?: string | undefined;
  readonly site: string;
  /** Continues without a question. */
  readonly yes: boolean;
}

/**
 * `quadlet-fleet rollback`: a rollout that brings all hosts of a site back to the previous version, from what the hosts have kept. Then
 * `pulumi refresh` records in the state what the hosts have.
 *
 * @returns the exit status: 0, or 3 if some hosts do not have that version
 * @throws Stop when nothing was changed, or everything was rolled back
 */
export async function rollback({ stack, site, yes }: RollbackOptions): Promise<number> {
  const set = choose(await readStack(stack), site);
  const inputs = await formerInputs(set);
  console.log([...changesOf(set.before, inputs), outlook(set.urn, set.before, inputs) ?? ""].join("\n"));
  if (!yes) await confirm(`Roll ${site} back?`);
  const problem = await deploy(set, inputs);
  if (problem !== undefined) console.error(problem);
  await note(set, stack);
  console.log(
    `${site} has the previous version. The program has the newer one: \`pulumi up\` deploys that again.`,
  );
  return problem === undefined ? 0 : 3;
}

function choose(sets: readonly DeployedSet[], site: string): DeployedSet {
  const [set, another] = setsOf(sets, [site]);
  if (!set || another)
    throw new Stop(`The stack has "${site}" twice. Revert the program, and run \`pulumi up\`.`);
  return set;
}

/** The inputs of the previous version, as the hosts have kept it. */
async function formerInputs(set: DeployedSet): Promise<WireObject> {
  const { before, desired, known } = set;
  const limits = limitsOf(revealObject(before.inputs) as unknown as UnitSetInputs);
  const hosts = Object.keys(known.where).filter(
    (name) => (known.ways[name]?.host.state ?? "present") === "present" && !isHeldBack({ name }, limits),
  );
  if (hosts.length === 0) throw new Stop("No host is left to roll back: all are offline or held back.");
  const found = await lookAtVersions(set, hosts, limits.offline === "skip");
  try {
    const text = versionBefore(found, desired.version ?? "");
    return restricted(inputsOf(before.inputs, text), [...found.keys()]);
  } catch (thrown) {
    if (!(thrown instanceof VersionError)) throw thrown;
    throw new Stop(
      `The previous version can't be deployed. ${thrown.message}\nRevert the program, and run \`pulumi up\`.`,
    );
  }
}

/**
 * Limits the rollout to the hosts that have kept the version. It does not pause, because a pause would leave the other hosts with the newer
 * version.
 */
function restricted(inputs: WireObject, only: string[]): WireObject {
  const { rollout } = inputs;
  return {
    ...inputs,
    rollout: { ...(isObject(rollout) ? rollout : {}), pause: "none", only },
  };
}

/** @returns what is left to do, if anything */
async function deploy(
  { urn, before, credentials }: DeployedSet,
  inputs: WireObject,
): Promise<string | undefined> {
  const pool = new Pool();
  const cancel = new AbortController();
  const interrupted = () => {
    cancel.abort();
    pool.stop();
  };
  process.on("SIGINT", interrupted);
  let warning: string | undefined;
  const context = {
    pool,
    connection: credentials,
    progress: lines(),
    warn: (says: string) => void (warning = says),
    survey: new Survey(),
    run: newRun({ cancel: cancel.signal, gone: new AbortController().signal }),
  };
  try {
    await apply(context, urn, before, inputs, "kept");
    return warning;
  } catch (thrown) {
    if (thrown instanceof Unfinished && hasIt(thrown.state, urn, inputs)) return thrown.message;
    throw new Stop(thrown instanceof Error ? thrown.message : String(thrown));
  } finally {
    process.off("SIGINT", interrupted);
    await pool.close();
  }
}

/** Whether the hosts have a version, except for the exceptions. */
function hasIt({ properties }: State, urn: string, inputs: WireObject): boolean {
  const version = (of: WireObject) => desiredOf(of, urn).version ?? "";
  return isVersion(version(properties), version(inputs));
}

/** Records in the state what the hosts have, so that the next preview shows what the program would change. */
async function note({ urn }: DeployedSet, stack: string | undefined): Promise<void> {
  try {
    await pulumi(["refresh", "--yes", "--skip-preview", "--target", urn], stack);
  } catch (thrown) {
    if (!(thrown instanceof Stop)) throw thrown;
    throw new Stop(
      `The hosts were rolled back, but the state does not know it yet: run \`pulumi refresh\`.\n${thrown.message}`,
    );
  }
}
