import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ArgumentError } from "../../components/arguments/problems.ts";
import { type Setting, settingsOf } from "../../stacks/environment.ts";
import { pulumi } from "../stack.ts";
import { Stop } from "../stop.ts";

/**
 * The settings of an environment, from its files in this directory.
 *
 * @param stack default: the selected stack
 * @throws Stop if it has no stack file, or one that can't be read
 */
export async function readSettings(stack: string | undefined): Promise<readonly Setting[]> {
  const given = stack ?? (await pulumi(["stack", "--show-name"], undefined)).trim();
  // May be ORGANIZATION/PROJECT/STACK, as for Pulumi.
  const name = given.split("/").at(-1) ?? given;
  try {
    const settings = settingsOf(process.cwd(), name);
    if (settings) return settings;
  } catch (thrown) {
    if (thrown instanceof ArgumentError) throw new Stop(thrown.message);
    throw thrown;
  }
  const known = stackFiles(join(process.cwd(), "stacks"));
  const cure =
    known.length === 0
      ? "Run it in the directory of the Pulumi project, or give --cwd."
      : `There are: ${known.join(", ")}`;
  throw new Stop(`there is no stacks/Pulumi.${name}.yaml here.\n${cure}`);
}

/** The environments that have a stack file in a directory. */
function stackFiles(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();
}
