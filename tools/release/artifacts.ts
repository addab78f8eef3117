import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { execute } from "../execute.ts";
import { writePlugin } from "./plugin.ts";

/** Compiles a checkout, and writes the files of its release into an empty directory. */
export async function makeArtifacts(root: string, directory: string): Promise<void> {
  await execute([join(root, "tools/build.sh")], { timeoutMs: 300_000 });
  await writeArtifacts(root, directory);
}

/**
 * The npm tarball, the archives of the plugin and SHA256SUMS, from a compiled checkout. The same commit gives the same bytes.
 *
 * @throws Error with what publint finds in the tarball
 */
export async function writeArtifacts(root: string, directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  // No scripts, because tools/build.sh has already run.
  const pack = ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", directory];
  await execute(pack, { cwd: root });
  for (const name of readdirSync(directory)) await lint(join(directory, name));
  const staging = mkdtempSync(join(tmpdir(), "quadlet-fleet-plugin-"));
  try {
    await writePlugin(root, staging, directory);
  } finally {
    rmSync(staging, { recursive: true });
  }
  const sums = readdirSync(directory).map((name) => `${sha256(join(directory, name))}  ${name}\n`);
  writeFileSync(join(directory, "SHA256SUMS"), sums.join(""));
}

async function lint(tarball: string): Promise<void> {
  const pack = { tarball: Uint8Array.from(readFileSync(tarball)).buffer };
  const { messages, pkg } = await publint({ strict: true, pack });
  if (messages.length === 0) return;
  const found = messages.map((message) => `  ${message.type}: ${formatMessage(message, pkg)}\n`);
  throw new Error(`publint finds in ${tarball}:\n${found.join("")}`);
}

function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
