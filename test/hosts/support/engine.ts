import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** The engines that work on a stack, and everything that each of them has started. */
function enginesOf(stack: string): { engines: number[]; below: (pid: number) => number[] } {
  const parents = new Map<number, number>();
  const engines: number[] = [];
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    const pid = Number(name);
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      // proc_pid_stat(5): the name in parentheses may hold anything.
      const [, parent] = readFileSync(`/proc/${name}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
      parents.set(pid, Number(parent));
      if (words[0]?.endsWith("pulumi") && words[words.indexOf("--stack") + 1] === stack) engines.push(pid);
    } catch {
      // The process has ended meanwhile.
    }
  }
  const below = (pid: number): number[] => [
    pid,
    ...[...parents].flatMap(([child, parent]) => (parent === pid ? below(child) : [])),
  ];
  return { engines, below };
}

/**
 * Kills the engine that works on a stack at once, as the kernel would.
 *
 * @param withAll its language host, its program and its plugins too
 */
export function killEngine(stack: string, withAll = true): number {
  const { engines, below } = enginesOf(stack);
  // The engine first: else it would record that its plugin has ended.
  const processes = withAll ? engines.flatMap(below) : engines;
  for (const pid of processes) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
  return processes.length;
}

/** Waits until no engine works on a stack any more. */
export async function engineEnds(stack: string): Promise<void> {
  while (enginesOf(stack).engines.length > 0) await sleep(100);
}

/** Ctrl-C as a terminal sends it: to the whole process group of the engine (termios(3), INTR), of which it is the leader. */
export function interruptEngine(stack: string): void {
  const { engines } = enginesOf(stack);
  if (engines.length !== 1) throw new Error(`${engines.length} engines work on ${stack}`);
  for (const pid of engines) process.kill(-pid, "SIGINT");
}
