import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { stateDirectory } from "./engine.ts";

/** Ignored by git. */
export const stackFile = join(import.meta.dirname, "../../stacks/Pulumi.demo.yaml");

/** The stack file while a change is tried: also what an interrupted demo finds again. */
const kept = join(stateDirectory, "stack-file.yaml");

/** How to reach the host: a part of what DESIGN.md, "Stack file", has for a host. */
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

/** Writes the examples for this host. What is written for it already stays: people may edit it. */
export function writeStackFile(connection: DemoConnection, sites: object): void {
  if (readConnection()?.address === connection.address) return;
  // "pulumi stack init" has put the salt of its secrets there.
  const config = { "quadlet-fleet:hosts": { demo: connection }, "quadlet-fleet:sites": sites };
  writeFileSync(stackFile, stringify({ ...(existsSync(stackFile) && read()), config }));
}

/** Changes the stack file for the time of an action, and puts it back, also if the action or this process is interrupted. */
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

/** Puts the stack file back. Returns whether there was a change to take back. */
export function putBack(): boolean {
  if (!existsSync(kept)) return false;
  copyFileSync(kept, stackFile);
  rmSync(kept);
  return true;
}

const read = () => (parse(readFileSync(stackFile, "utf8")) ?? {}) as StackFile;
