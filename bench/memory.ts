import { readFileSync, readdirSync } from "node:fs";

/** The processes of a `pulumi up`, by a part of their command line. The first that fits counts. */
const roles = {
  plugin: "provider/main.ts",
  "language host": "pulumi-language-nodejs",
  engine: "pulumi --non-interactive",
  program: "@pulumi/pulumi/cmd/run",
} as const;
export type Role = keyof typeof roles;

/** Watches the peak memory of the processes of `pulumi` that this process starts. */
export class MemoryWatch {
  /** Bytes: the greatest resident set of each (proc_pid_status(5), VmHWM). */
  readonly peaks = new Map<Role, number>();

  /** Watches while something runs. The kernel keeps the peak, so only the last look must come late enough. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const timer = setInterval(() => this.#look(process.pid), 50);
    try {
      return await work();
    } finally {
      clearInterval(timer);
    }
  }

  #look(parent: number): void {
    for (const child of children(parent)) {
      const role = roleOf(read(`/proc/${child}/cmdline`).replaceAll("\0", " "));
      const kilobytes = Number(/^VmHWM:\s*(\d+)/m.exec(read(`/proc/${child}/status`))?.[1] ?? 0);
      if (role) this.peaks.set(role, Math.max(this.peaks.get(role) ?? 0, kilobytes * 1024));
      this.#look(child);
    }
  }
}

function roleOf(command: string): Role | undefined {
  return (Object.keys(roles) as Role[]).find((role) => command.includes(roles[role]));
}

/** A process may start children in any of its threads (proc_tid_children(5)). */
function children(pid: number): number[] {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    // It has just ended.
    return [];
  }
  return threads.flatMap((thread) =>
    read(`/proc/${pid}/task/${thread}/children`).trim().split(" ").filter(Boolean).map(Number),
  );
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // It has just ended.
    return "";
  }
}
