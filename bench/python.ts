import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory, cached } from "../tools/cache.ts";
import { execute } from "../tools/execute.ts";
import type { Fleet } from "../tools/fleet/index.ts";

// The Python packages of the contestants. They are made once and kept in the cache, under a name with a digest of the recipe.

const here = import.meta.dirname;

/** The version of a package that a contestant's requirements.txt has. */
export function pinned(contestant: string, name: string): string {
  const version = requirements(contestant).match(new RegExp(`^${name}==(.*)$`, "m"))?.[1];
  if (!version) throw new Error(`bench/${contestant}/requirements.txt has no ${name}`);
  return version;
}

/** Makes a virtual environment with what bench/CONTESTANT/requirements.txt says. Gives its `python`. */
export async function virtualEnvironment(contestant: string): Promise<string> {
  const recipe = requirements(contestant);
  const directory = await make(`bench-${contestant}`, recipe, async (at) => {
    await execute(["python3", "-m", "venv", at]).catch((error: Error) => {
      throw new Error(`${error.message}\nOn Debian: apt-get install python3-venv`);
    });
    const install = [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--requirement",
      join(here, contestant, "requirements.txt"),
    ];
    await execute([join(at, "bin/python"), ...install], { title: "pip install", timeoutMs: 300_000 });
  });
  return join(directory, "bin/python");
}

/** Puts Debian's python3 onto the hosts, which ansible needs there and the base image does not have. */
export async function givePython(fleet: Fleet): Promise<void> {
  const script = join(here, "ansible/python.sh");
  const base = cached("base");
  const directory = await make("bench-python", `${base}\n${readFileSync(script, "utf8")}`, async (at) => {
    // In a mount namespace, so that nothing stays mounted, whatever happens.
    const unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    await execute([...unshare, script, base, at], { title: "python.sh", timeoutMs: 300_000 });
  });
  const input = readFileSync(join(directory, "python.tar"));
  const unpack = ["tar", "--extract", "--directory", "/"];
  await Promise.all(fleet.hosts.map((host) => host.run(unpack, { input })));
}

const requirements = (contestant: string) => readFileSync(join(here, contestant, "requirements.txt"), "utf8");

/** A directory of the cache. It gets its name when it is complete, so an interrupted one is never taken for a finished one. */
async function make(name: string, recipe: string, fill: (at: string) => Promise<void>): Promise<string> {
  const digest = createHash("sha256").update(recipe).digest("hex").slice(0, 12);
  const directory = join(cacheDirectory, `${name}-${digest}`);
  if (existsSync(directory)) return directory;
  console.error(`bench: making ${directory}`);
  const part = `${directory}.part`;
  mkdirSync(part, { recursive: true });
  try {
    await fill(part);
    renameSync(part, directory);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return directory;
}
