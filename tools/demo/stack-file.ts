import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { stateDirectory } from "./engine.ts";

/** Ignored by git. */
export const stackFile = join(import.meta.dirname, "../../stacks/Pulumi.demo.yaml");

/** A copy of the stack file while a change is tried. If the demo is interrupted, the next one restores the stack file from it. */
const kept = join(stateDirectory, "stack-file.yaml");

/** How to reach the host: some of the fields that a host has in a stack file (DESIGN.md, "Stack file"). */
export interface DemoConnection {
  readonly address: string;
  readonly port?: number;
  readonly user: string;
  readonly hostKey?: string;
  readonly identityFile?: string;
}

interface StackFile {
  config?: { "quadlet-fleet:hosts"?: { demo?: DemoConnection } };
}

/** The host that the stack file is for; undefined without one. */
export function readConnection(): DemoConnection | undefined {
  return existsSync(stackFile) ? read().config?.["quadlet-fleet:hosts"]?.demo : undefined;
}

/** Writes the examples for this host, unless the file is for this host already: people may edit it. */
export function writeStackFile(connection: DemoConnection, sites: object): void {
  if (readConnection()?.address === connection.address) return;
  // The file may have the salt of its secrets, which "pulumi stack init" has written.
  const config = { "quadlet-fleet:hosts": { demo: connection }, "quadlet-fleet:sites": sites };
  writeFileSync(stackFile, stringify({ ...(existsSync(stackFile) && read()), config }));
}

/** Changes the stack file during an action, and restores it afterwards, also if the action or this process is interrupted. */
export async function whileChanged(text: string, action: () => Promise<void>): Promise<void> {
  mkdirSync(dirname(kept), { recursive: true });
  copyFileSync(stackFile, kept);
  process.once("exit", putBack);
  try {
    writeFileSync(stackFile, text);
    await action();
  } finally {
    process.off("exit", putBack);
    putBack();
  }
}

/** Restores the stack file. Returns whether there was a change to undo. */
export function putBack(): boolean {
  if (!existsSync(kept)) return false;
  copyFileSync(kept, stackFile);
  rmSync(kept);
  return true;
}

const read = () => (parse(readFileSync(stackFile, "utf8")) ?? {}) as StackFile;
