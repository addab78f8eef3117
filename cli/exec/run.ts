import { type Attended, type Errand, attend } from "../../host/attended/attend.ts";
import { bounded } from "../../host/attended/entry.ts";
import type { Line } from "../../host/attended/lines.ts";
import type { Target } from "../../host/ssh/endpoint.ts";
import type { Pool } from "../../host/ssh/pool.ts";
import { whyNot } from "../sites.ts";

/** How a command has ended on a host; undefined where it ended with 0. */
export type Outcome = string | undefined;

/** Milliseconds that a host has to stop a command, and to say so: exec.sh kills it in the middle of that. */
const stopTime = 20_000;

/** What is done with a line that the command prints. */
export type Print = (output: "stdout" | "stderr", text: string) => Promise<void>;

/**
 * Runs a command on a host.
 *
 * @param seconds that it may take; 0 for no limit
 * @param stop ends it there
 */
export async function run(
  pool: Pool,
  target: Target,
  errand: Errand,
  { seconds, stop, print }: { seconds: number; stop: AbortSignal; print: Print },
): Promise<Outcome> {
  if (stop.aborted) return "interrupted before the command began";
  let attended: Attended;
  try {
    attended = await attend(pool, target, errand);
  } catch (thrown) {
    return whyNot(thrown);
  }
  let why: "late" | "interrupted" | undefined;
  let giveUp: NodeJS.Timeout | undefined;
  const end = (because: typeof why) => {
    why ??= because;
    attended.stop();
    giveUp ??= setTimeout(() => attended.leave(), stopTime);
  };
  const interrupt = () => end("interrupted");
  const limit = seconds === 0 ? undefined : setTimeout(() => end("late"), seconds * 1000);
  stop.addEventListener("abort", interrupt);
  // It may have come while the host was logged in to.
  if (stop.aborted) interrupt();
  const pass = async (output: "stdout" | "stderr", lines: AsyncGenerator<Line>) => {
    for await (const { bytes, cut } of lines) await print(output, bounded(bytes.toString("utf8"), cut));
  };
  await Promise.all([pass("stdout", attended.lines), pass("stderr", attended.errors)]);
  const code = await attended.ended;
  clearTimeout(limit);
  clearTimeout(giveUp);
  stop.removeEventListener("abort", interrupt);
  if (why === "late") return `the command had not ended after ${seconds} s, and was stopped`;
  if (why === "interrupted") return "interrupted: the command was stopped";
  if (code === null) return "the connection was lost: the host stops the command";
  return code === 0 ? undefined : `exit status ${code}`;
}
