import { type Attended, type Errand, attend } from "../../host/attended/attend.ts";
import { bounded } from "../../host/attended/entry.ts";
import type { Line } from "../../host/attended/lines.ts";
import type { Target } from "../../host/ssh/endpoint.ts";
import type { Pool } from "../../host/ssh/pool.ts";
import { whyNot } from "../sites.ts";

/** Why a command failed on a host. Undefined if its exit status was 0. */
export type Outcome = string | undefined;

/** Milliseconds within which a host must stop a command and report it. exec.sh kills the command within this time. */
const stopTime = 20_000;

/** Milliseconds: a longer timer of Node ends at once. */
const longestTimer = 2 ** 31 - 1;

/** Called for each line that the command prints. */
export type Print = (output: "stdout" | "stderr", text: string) => Promise<void>;

/** How a command is run. */
export interface Wish {
  /** The command's time limit; 0 for none. */
  readonly seconds: number;
  /** Stops the command on the host. */
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

/** Undefined if `stop` is aborted first. If the command starts after that, the host is told to stop it. */
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

/** Passes on the command's output until it ends. */
async function finish(attended: Attended, { seconds, stop, print }: Wish): Promise<Outcome> {
  let why: "late" | "interrupted" | undefined;
  let giveUp: NodeJS.Timeout | undefined;
  const end = (because: typeof why) => {
    why ??= because;
    attended.stop();
    giveUp ??= setTimeout(() => attended.leave(), stopTime);
  };
  const interrupt = () => end("interrupted");
  const limit =
    seconds === 0 ? undefined : setTimeout(() => end("late"), Math.min(seconds * 1000, longestTimer));
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
