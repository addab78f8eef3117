import { homedir } from "node:os";
import { join } from "node:path";

/** Expands "~/" at the start of a path on this machine. */
export function expandHome(path: string): string {
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : path;
}
