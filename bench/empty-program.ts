import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeStack } from "../test/hosts/support/stack.ts";
import type { Contestant } from "./contestant.ts";
import { quietly } from "./this-project.ts";

const root = join(import.meta.dirname, "..");

/**
 * The lower limit for any program of Pulumi: a program that does nothing, with the same engine, SDK, backend and compile cache.
 *
 * @param work a directory for it
 */
export async function emptyProgram(work: string): Promise<Contestant> {
  const directory = join(work, "program");
  mkdirSync(directory);
  const nodeargs = `--require ${join(root, "provider/compile-cache.cjs")}`;
  const project = { name: "empty", runtime: { name: "nodejs", options: { typescript: false, nodeargs } } };
  writeFileSync(join(directory, "Pulumi.yaml"), JSON.stringify({ ...project, main: "index.ts" }));
  writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "empty", type: "module" }));
  writeFileSync(join(directory, "index.ts"), "export {};\n");
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
  const stack = await makeStack("empty", directory);
  const up = async () => void (await stack.run(["up", ...quietly]));
  await up();
  return { name: "empty Pulumi program", want: () => {}, run: up };
}
