import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after } from "node:test";
import { type Output, execute } from "../../../tools/execute.ts";
import type { TestHost } from "../../../tools/fleet/index.ts";
import type { Stack } from "./stack.ts";

const root = join(import.meta.dirname, "../../..");

function command(stack: Stack, [name = "", ...argv]: readonly string[]): string[] {
  return [process.execPath, join(root, "cli/main.ts"), name, "--stack", stack.name, ...argv];
}

/** Runs `quadlet-fleet` for a stack. */
export function quadletFleet(
  stack: Stack,
  argv: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Output> {
  return execute(command(stack, argv), { cwd: root, env: { ...stack.env, ...env }, check: false });
}

/** A command that runs until it is told to end. */
export interface Running {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Its exit status and the signal that ended it. */
  readonly ended: Promise<[number | null, NodeJS.Signals | null]>;
  kill(signal: NodeJS.Signals): void;
  /** Stops reading its output. */
  close(): void;
}

/**
 * Starts `quadlet-fleet`. It is killed at the end of the test file if it still runs.
 *
 * @param reads whether its standard output is read
 */
export function startQuadletFleet(stack: Stack, argv: readonly string[], reads = true): Running {
  const [node = "", ...words] = command(stack, argv);
  const child = spawn(node, words, { cwd: root, env: stack.env, stdio: ["ignore", "pipe", "pipe"] });
  after(() => child.kill("SIGKILL"));
  const said = { stdout: "", stderr: "" };
  for (const output of reads ? (["stdout", "stderr"] as const) : (["stderr"] as const))
    child[output].setEncoding("utf8").on("data", (text: string) => (said[output] += text));
  return {
    pid: child.pid ?? 0,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    ended: once(child, "exit") as Running["ended"],
    kill: (signal) => void child.kill(signal),
    close: () => void child.stdout.destroy(),
  };
}

/** The command lines of the processes that `logs` and `exec` run on a host. */
export async function leftBehind(host: TestHost): Promise<string[]> {
  const { stdout } = await host.run(["ps", "axo", "args"]);
  const own = /journalctl|tail |head -c|timeout 90|podman exec|quadlet-fleet|sleep \d+/;
  return stdout.split("\n").filter((line) => own.test(line));
}
