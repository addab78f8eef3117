import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { configuration } from "../provider/configuration.ts";
import type { Desired } from "../host/desired.ts";
import type { Known } from "../provider/fleet.ts";
import { lastOperation } from "../provider/operations/context.ts";
import { knownDropIns } from "../provider/notes.ts";
import { unitSetType } from "../resources/unit-set-type.ts";
import type { Credentials } from "../resources/contract.ts";
import { resourcesIn } from "./exported.ts";
import { Stop } from "./stop.ts";

/** A site, or a part of a proxy, as the state of a stack has it. */
export interface DeployedSet {
  readonly urn: string;
  readonly desired: Desired;
  readonly known: Known;
  /** Drop-ins that were there after the last operation. */
  readonly dropIns: readonly string[];
}

export interface Stack {
  readonly sets: readonly DeployedSet[];
  /** The provider's configuration, which overrides the connections in the state. */
  readonly credentials: Partial<Credentials>;
}

export interface StackOptions {
  /** Default: the one that `pulumi stack select` has chosen. */
  readonly stack?: string | undefined;
  /** The directory of the project. Default: where this runs. */
  readonly cwd?: string | undefined;
}

/**
 * Reads a stack by `pulumi stack export`. Its secrets, which say how to log in, stay in the memory of this process.
 *
 * @throws Stop with what Pulumi says: there is no such stack, no project here, or the passphrase is wrong
 */
export async function readStack({ stack, cwd }: StackOptions): Promise<Stack> {
  const resources = resourcesIn(await exported(stack, cwd));
  const provider = resources.find(({ type }) => type === "pulumi:providers:quadlet");
  const sets = resources.filter(({ type }) => type === unitSetType);
  return {
    credentials: provider ? configuration(provider.inputs).credentials : {},
    sets: sets.flatMap(({ urn, inputs, outputs }): DeployedSet[] => {
      const { desired, known } = lastOperation({ inputs, properties: outputs }, urn);
      return desired ? [{ urn, desired, known, dropIns: knownDropIns(outputs) }] : [];
    }),
  };
}

async function exported(stack: string | undefined, cwd: string | undefined): Promise<string> {
  const argv = ["stack", "export", "--show-secrets", "--non-interactive"];
  const options = { cwd, maxBuffer: 1024 ** 3 };
  try {
    const run = promisify(execFile);
    const { stdout } = await run("pulumi", stack === undefined ? argv : [...argv, "--stack", stack], options);
    return stdout;
  } catch (thrown) {
    const { code, stderr = "", message } = thrown as Error & { code?: unknown; stderr?: string };
    if (code === "ENOENT")
      throw new Stop("`pulumi` was not found.\nInstall it, or put it on PATH: pulumi.com/docs/install");
    throw new Stop(`\`pulumi ${argv.slice(0, 2).join(" ")}\` failed:\n${stderr.trim() || message}`);
  }
}
