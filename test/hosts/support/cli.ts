import { join } from "node:path";
import { engineEnvironment } from "../../../tools/engine.ts";
import { type Output, execute } from "../../../tools/execute.ts";
import type { Stack } from "./stack.ts";

const root = join(import.meta.dirname, "../../..");

/** Runs `quadlet-fleet COMMAND --stack …` for a stack, with the state and the passphrase of its engine. */
export async function cli(
  stack: Stack,
  [command = "", ...argv]: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Output> {
  const words = [process.execPath, join(root, "cli/main.ts"), command, "--stack", stack.name, ...argv];
  const engine = engineEnvironment(join(stack.home, ".."));
  return await execute(words, { cwd: root, env: { ...engine, ...env }, check: false });
}
