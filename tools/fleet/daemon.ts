import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";

/** Starts a command in a cgroup, through which it is ended later. It is in the cgroup from its first instruction on. */
export function startDaemon(
  cgroup: string,
  argv: readonly string[],
  log: string,
  env: NodeJS.ProcessEnv,
): void {
  mkdirSync(cgroup, { recursive: true });
  const output = openSync(log, "w");
  const [command, ...rest] = inCgroup(cgroup, argv);
  spawn(command, rest, {
    detached: true,
    stdio: ["ignore", output, output],
    env: { ...process.env, ...env },
  }).unref();
  closeSync(output);
}

/** Wraps a command: a shell moves itself to the cgroup and then executes the command. */
export function inCgroup(cgroup: string, argv: readonly string[]): [string, ...string[]] {
  return ["sh", "-c", 'echo 0 >"$0" && exec "$@"', join(cgroup, "cgroup.procs"), ...argv];
}
