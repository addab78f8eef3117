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

/** How a command is run. */
export interface Wish {
  /** What it may take; 0 for no limit. */
  readonly seconds: number;
  /** Ends it there. */
  readonly stop: AbortSignal;
  readonly print: Print;
}

/** Runs a command on a host. */
export async function run(pool: Pool, target: Target, errand: Errand, wish: Wish): Promise<Outcome> {
  const notBegun = "interrupted before the command began";
  if (wish.stop.aborted) return notBegun;
  try {
    const attended = await unlessAborted(attend(pool, target, errand), wish.stop);
    return attended ? await finish(attended, wish) : notBegun;
  } catch (thrown) {
    return whyNot(thrown);
  }
}

/** Undefined where it takes longer: when it begins after that, the host hears that nobody wants it any more. */
async function unlessAborted(begun: Promise<Attended>, stop: AbortSignal): Promise<Attended | undefined> {
  const aborted = new Promise<undefined>((resolve) =>
    stop.addEventListener("abort", () => resolve(undefined)),
  );
  const attended = await Promise.race([begun, aborted]);
  if (attended) return attended;
  begun.then(
    (late) => late.leave(),
    () => undefined,
  );
  return undefined;
}

/** Passes on what a command prints, up to its end. */
async function finish(attended: Attended, { seconds, stop, print }: Wish): Promise<Outcome> {
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
  if (stop.aborted) interrupt();
  const pass = async (output: "stdout" | "stderr", lines: AsyncGenerator<Line>) => {
    for await (const { bytes, cut } of lines) await print(output, bounded(bytes.toString("utf8"), cut));
  };
  await Promise.all([pass("stdout", attended.lines), pass("stderr", attended.errors)]);
  const code = await attended.ended;
  clearTimeout(limit);
  clearTimeout(giveUp);
  stop.removeEventListener("abort", interrupt);
  const because = why === "late" ? `the command had not ended after ${seconds} s` : "interrupted";
  if (why)
    return `${because}: ${code === null ? "the host did not confirm that it was stopped" : "it was stopped"}`;
  if (code === null) return "the connection was lost: the host stops the command";
  return code === 0 ? undefined : `exit status ${code}`;
}
