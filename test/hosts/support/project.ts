import { cpSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import assert from "node:assert/strict";
import { join } from "node:path";
import { execute } from "../../../tools/execute.ts";

const root = join(import.meta.dirname, "../../..");

/**
 * Fills a node_modules with this library as npm packs it, and with its dependencies as they are installed here. It does not use the network,
 * nor dist/ of the checkout, which package.test.ts makes.
 *
 * @returns the directory of the library
 */
export async function install(packages: string, env: NodeJS.ProcessEnv): Promise<string> {
  mkdirSync(packages);
  linkDependencies(packages);
  const installed = join(packages, "quadlet-fleet");
  mkdirSync(installed);
  await execute([join(root, "tools/build.sh"), join(installed, "dist")], { timeoutMs: 300_000, env });
  cpSync(join(root, "package.json"), join(installed, "package.json"));
  mkdirSync(join(packages, ".bin"));
  symlinkSync("../quadlet-fleet/dist/cli/main.js", join(packages, ".bin/quadlet-fleet"));
  await execute(["chmod", "+x", join(installed, "dist/cli/main.js")]);
  return installed;
}

/** Gives a node_modules the dependencies of this library, as they are installed here. */
export function linkDependencies(packages: string): void {
  for (const name of readdirSync(join(root, "node_modules")))
    if (!name.startsWith(".")) symlinkSync(join(root, "node_modules", name), join(packages, name));
}

/** A person's checkout of a project, whose remote is a bare repository on this machine. */
export class Checkout {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  readonly git = async (...argv: string[]): Promise<string> => {
    const alice = ["-c", "user.name=alice", "-c", "user.email=alice@localhost"];
    const { stdout } = await execute(["git", ...alice, ...argv], { cwd: this.#directory });
    return stdout.trim();
  };

  /** Commits all changes, pushes the branch, and returns the commit. */
  readonly push = async (branch: string, message: string): Promise<string> => {
    await this.git("add", "--all");
    await this.git("commit", "--quiet", "--message", message);
    await this.git("push", "--quiet", "origin", `HEAD:${branch}`);
    return await this.git("rev-parse", "HEAD");
  };

  /** Merges a branch into main, as the forge does, and returns the commit. */
  readonly merge = async (branch: string): Promise<string> => {
    await this.git("fetch", "--quiet");
    await this.git("switch", "--quiet", "main");
    await this.git("merge", "--quiet", "--no-ff", "--message", `Merge ${branch}`, `origin/${branch}`);
    await this.git("push", "--quiet", "origin", "main");
    return await this.git("rev-parse", "HEAD");
  };

  readonly edit = (file: string, from: string | RegExp, to: string): void => {
    const path = join(this.#directory, file);
    const text = readFileSync(path, "utf8");
    assert.notEqual(text.replace(from, to), text, file);
    writeFileSync(path, text.replace(from, to));
  };
}
