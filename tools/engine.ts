import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory, cached } from "./cache.ts";
import { type ExecuteOptions, type Output, execute } from "./execute.ts";

const root = join(import.meta.dirname, "..");

/**
 * The environment for `pulumi` with everything it keeps in one directory: no account, no network, nothing of the user's.
 *
 * @param stateDirectory is made if it does not exist
 * @throws Error if the engine has not been set up
 * @see https://www.pulumi.com/docs/iac/cli/environment-variables/
 */
export function engineEnvironment(stateDirectory: string): Record<string, string> {
  const state = join(stateDirectory, "state");
  const home = join(stateDirectory, "home");
  for (const directory of [state, home]) mkdirSync(directory, { recursive: true });
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith("PULUMI_"),
  );
  return {
    ...Object.fromEntries(inherited),
    PATH: [join(root, "node_modules/.bin"), cached("engine"), process.env.PATH].join(":"),
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_HOME: home,
    // Protects nothing: the secrets of a throwaway stack are made up.
    PULUMI_CONFIG_PASSPHRASE: "throwaway",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // Node's compile cache, also for a language host that does not know `nodeargs` (Pulumi.yaml): the one that is built from source.
    NODE_COMPILE_CACHE: join(cacheDirectory, "node"),
  };
}

/**
 * Runs `pulumi` in the checkout, unless `cwd` says otherwise. Time limit: 10 minutes, unless `timeoutMs` says otherwise.
 *
 * @throws Error with what it wrote to stderr when it fails, unless `check` is false
 * @example await pulumi(directory, ["up", "--yes", "--stack", "demo"])
 */
export function pulumi(
  stateDirectory: string,
  argv: readonly string[],
  options: ExecuteOptions = {},
): Promise<Output> {
  return execute(["pulumi", "--non-interactive", ...argv], {
    cwd: root,
    env: engineEnvironment(stateDirectory),
    timeoutMs: 600_000,
    ...options,
  });
}
