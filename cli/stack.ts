import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Desired } from "../host/desired.ts";
import { configuration } from "../provider/configuration.ts";
import type { Known } from "../provider/fleet.ts";
import { knownDropIns } from "../provider/notes.ts";
import { type Before, lastOperation } from "../provider/operations/context.ts";
import { isSecretAt } from "../provider/wire.ts";
import type { Credentials } from "../resources/contract.ts";
import { unitSetType } from "../resources/unit-set-type.ts";
import { resourcesIn } from "./exported.ts";
import { Stop } from "./stop.ts";

/** A site, or a part of a proxy, as recorded in the state of a stack. */
export interface DeployedSet {
  readonly urn: string;
  /** The inputs and outputs of the last operation. */
  readonly before: Before;
  readonly desired: Desired;
  readonly known: Known;
  /** Drop-ins that existed after the last operation. */
  readonly dropIns: readonly string[];
  /** Hosts whose address is a secret. */
  readonly hidden: readonly string[];
  /** The provider's configuration, which overrides the connections in the state. */
  readonly credentials: Partial<Credentials>;
}

const providerType = "pulumi:providers:quadlet";

/**
 * Reads a stack with `pulumi stack export`. Its secrets, which contain logins, stay in the memory of this process.
 *
 * @param stack default: the stack that `pulumi stack select` has chosen
 * @throws Stop with Pulumi's message: no such stack, no project here, or a wrong passphrase
 */
export async function readStack(stack: string | undefined): Promise<DeployedSet[]> {
  const resources = resourcesIn(await exported(stack), [unitSetType, providerType]);
  const providers = new Map(
    resources
      .filter(({ type }) => type === providerType)
      .map(({ urn, id, inputs }) => [`${urn}::${id}`, configuration(inputs).credentials]),
  );
  return resources.flatMap(({ urn, type, provider, inputs, outputs }): DeployedSet[] => {
    if (type !== unitSetType) return [];
    const before = { inputs, properties: outputs };
    const { desired, known } = lastOperation(before, urn);
    if (!desired) return [];
    const hidden = Object.keys(known.where).filter((host) => isSecretAt(outputs, ["where", host]));
    const credentials = providers.get(provider) ?? {};
    return [{ urn, before, desired, known, dropIns: knownDropIns(outputs), hidden, credentials }];
  });
}

async function exported(stack: string | undefined): Promise<string> {
  return await pulumi(["stack", "export", "--show-secrets"], stack);
}

/**
 * The name of a stack.
 *
 * @param stack default: the selected stack
 */
export async function selectedStack(stack: string | undefined): Promise<string> {
  return stack ?? (await pulumi(["stack", "--show-name"], undefined)).trim();
}

/**
 * Runs a command of Pulumi and returns its output.
 *
 * @param stack default: the selected stack
 * @throws Stop with Pulumi's message
 */
export async function pulumi(words: readonly string[], stack: string | undefined): Promise<string> {
  const chosen = stack === undefined ? [] : ["--stack", stack];
  try {
    return await runPulumi([...words, "--non-interactive", ...chosen]);
  } catch (thrown) {
    if (thrown instanceof Stop) throw thrown;
    const { stderr = "", message } = thrown as Error & { stderr?: string };
    const command = words.slice(0, 2).filter((word) => !word.startsWith("-"));
    throw new Stop(`\`pulumi ${command.join(" ")}\` failed:\n${stderr.trim() || message}`);
  }
}

/**
 * Runs `pulumi` and returns its output.
 *
 * @throws Stop if there is no `pulumi`, and the error of execFile() if the command fails
 */
export async function runPulumi(argv: readonly string[], env?: NodeJS.ProcessEnv): Promise<string> {
  try {
    return (await promisify(execFile)("pulumi", argv, { maxBuffer: 1024 ** 3, env })).stdout;
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code !== "ENOENT") throw thrown;
    throw new Stop("`pulumi` was not found.\nInstall it, or put it on PATH: pulumi.com/docs/install");
  }
}
