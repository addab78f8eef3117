import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";

export interface Output {
  /** The exit status; 128 + the signal's number after a signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecuteOptions {
  /** Its standard input. Default: none. */
  readonly input?: string | Buffer;
  /** Throw when the exit status is not 0. Default: true. */
  readonly check?: boolean;
  /** The command and what it has started are killed after this time. Default: 60,000. */
  readonly timeoutMs?: number;
  /** Its environment. Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Its name in errors. Default: the command. */
  readonly title?: string;
  /** Called with each piece of its output. */
  readonly onOutput?: (text: string) => void;
  /** Also show its output while it runs, and let it receive the Ctrl-C of a terminal. Default: false. */
  readonly show?: boolean;
}

/**
 * Runs a command, without a shell, and returns its output.
 *
 * @throws Error with the command and what it wrote to stderr: when it can't be started, fails (unless `check` is false) or
 *   takes too long.
 * @example await execute(["ip", "-json", "link"])
 */
export function execute(argv: readonly string[], options: ExecuteOptions = {}): Promise<Output> {
  const {
    input = "",
    check = true,
    timeoutMs = 60_000,
    env,
    cwd,
    onOutput,
    show = false,
    title = argv.join(" "),
  } = options;
  const [command = "", ...rest] = argv;
  return new Promise((resolve, reject) => {
    // Its own process group, so that what it starts can be killed too.
    const child = spawn(command, rest, { env, cwd, detached: !show, stdio: "pipe" });
    const end = () => (show ? child.kill("SIGKILL") : killGroup(child));
    if (!show) running.add(end);
    const written = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].on("data", (data: Buffer) => {
        written[stream].push(data);
        onOutput?.(data.toString());
        if (show) process[stream].write(data);
      });
    }
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      end();
    }, timeoutMs);
    const fail = (what: string, stderr = "") =>
      reject(new Error(`${title}: ${what}${stderr && `\n${stderr.trimEnd()}`}`));
    child.on("error", (error) => {
      clearTimeout(timer);
      fail(error.message);
    });
    child.on("close", (status, signal) => {
      clearTimeout(timer);
      running.delete(end);
      const stdout = Buffer.concat(written.stdout).toString();
      const stderr = Buffer.concat(written.stderr).toString();
      const code = status ?? 128 + (signal ? constants.signals[signal] : 0);
      if (late) fail(`killed after ${timeoutMs / 1000} s`, stderr);
      else if (check && code !== 0) fail(`exit status ${code}`, stderr || stdout);
      else resolve({ code, stdout, stderr });
    });
    // A command may end without reading its input.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

/** Functions that kill the running commands which don't receive a Ctrl-C: none of them outlives this process. */
const running = new Set<() => void>();
process.on("exit", () => {
  for (const end of running) end();
});

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid) process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    // ESRCH: it has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
