import { readFileSync, readdirSync } from "node:fs";

/** Ends the engine that works on a stack, its language host, its program and its plugins at once, as the kernel would. */
export function killEngine(stack: string): number {
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
      // It has ended meanwhile.
    }
  }
  const below = (pid: number): number[] => [
    pid,
    ...[...parents].flatMap(([child, parent]) => (parent === pid ? below(child) : [])),
  ];
  // The engine first: it would write down that its plugin has ended.
  const processes = engines.flatMap(below);
  for (const pid of processes) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
  return processes.length;
}
