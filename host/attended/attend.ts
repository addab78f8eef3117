import { readFileSync } from "node:fs";
import { HostError } from "../errors.ts";
import type { Answer } from "../facts/facts.ts";
import type { Channel } from "../ssh/connection.ts";
import { type Target, endpointName } from "../ssh/endpoint.ts";
import type { Pool } from "../ssh/pool.ts";
import { identify, sudoWords } from "../ssh/sudo.ts";
import { refusal } from "../transaction/refusal.ts";
import { type Line, readLines } from "./lines.ts";

/** What is done on a host, as long as this process wants it. */
export interface Errand {
  /** The account that it is about. */
  readonly account: string | undefined;
  /** "either": as root, or else as the account. */
  readonly as: "root" | "account" | "either";
  /** A script of this folder for sh, which says that it runs (attend.sh), and its arguments. */
  readonly script: string;
  readonly argv: readonly string[];
  /** Bytes of a line of its output that are kept. */
  readonly longest: number;
}

/** It runs. */
export interface Attended {
  /** What it prints, and the same of its standard error. Both are to be read to the end, or it is left. */
  readonly lines: AsyncGenerator<Line, void>;
  readonly errors: AsyncGenerator<Line, void>;
  /** Its exit status; null where the connection was lost, or a signal has ended it. */
  readonly ended: Promise<number | null>;
  /** The host stops it. What it prints meanwhile still comes. */
  stop(): void;
  /** The same, and nothing comes any more. */
  leave(): void;
}

/** The text of a script of this folder. */
export const scriptOf = (name: string) =>
  readFileSync(new URL(`./scripts/${name}.sh`, import.meta.url), "utf8");

const attendScript = scriptOf("attend");

/** Milliseconds: how often the host hears that it is still wanted, and how long it may take to begin. */
const [beat, patience] = [30_000, 60_000];

/**
 * Runs a script on a host. It ends there when this process ends, however it does, or when the network is gone.
 *
 * @throws HostError where the host can't be reached, or does not do it
 */
export async function attend(pool: Pool, target: Target, errand: Errand): Promise<Attended> {
  const connection = await pool.connect(target);
  const { account = "-", as, script, argv, longest } = errand;
  const command = ["sh", "-c", attendScript, "quadlet-fleet", account, as];
  const channel = await connection.run([...sudoWords(target), ...command]);
  const words = ["sh", "-c", script, "quadlet-fleet", ...argv].map((word) => `w${written(word)}`);
  const entered = identify(channel, target, () =>
    channel.write(["quadlet-fleet", ...words, "run", ""].join("\n")),
  );
  const lines = readLines(channel, "stdout", longest);
  const errors = readLines(channel, "stderr", longest);
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
    channel.close();
  }, patience);
  try {
    await begun(target, errand, channel, lines, entered);
  } catch (thrown) {
    channel.close();
    if (!isLate) throw thrown;
    throw new HostError(connection.name, `the command did not begin within ${patience / 1000} s.`, {
      state: "",
    });
  } finally {
    clearTimeout(late);
  }
  const beats = setInterval(() => channel.write("."), beat).unref();
  void channel.ended.then(() => clearInterval(beats));
  return {
    lines,
    errors: itsOwn(errors),
    ended: channel.ended.then(({ code }) => code),
    stop: () => channel.end(),
    leave: () => {
      clearInterval(beats);
      channel.close();
    },
  };
}

/** What a command says on its standard error: what comes before it is of the login. */
async function* itsOwn(errors: AsyncGenerator<Line, void>): AsyncGenerator<Line, void> {
  // A loop that is left would end it.
  for (let line = await errors.next(); !line.done; line = await errors.next())
    if (parse(line.value)?.event === "running") return yield* errors;
}

/** A word as a line. */
function written(word: string): string {
  return word.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

/** Until the command runs. What a login prints besides is left out. */
async function begun(
  target: Target,
  { account }: Errand,
  channel: Channel,
  lines: AsyncGenerator<Line, void>,
  entered: () => void,
): Promise<void> {
  const host = endpointName(target);
  let isIn = false;
  for (;;) {
    const { value } = await lines.next();
    if (!value) break;
    const answer = parse(value);
    if (answer?.event === "running") return;
    if (answer?.event === "refused") throw await refused(host, account, answer, channel);
    if (answer?.event === "entered" && !isIn) {
      isIn = true;
      entered();
    }
  }
  const { code, stderr } = await channel.ended;
  const why = code === null ? "the connection was lost" : `the login ended with ${code}`;
  throw new HostError(host, [`${why} before the command began.`, stderr.trim()].filter(Boolean).join("\n"), {
    ...(code === null ? { reason: "lost" } : {}),
    state: "",
  });
}

function parse({ bytes }: Line): Answer | undefined {
  if (!bytes.subarray(0, 10).equals(beginning)) return undefined;
  try {
    return JSON.parse(bytes.toString("utf8")) as Answer;
  } catch {
    return undefined;
  }
}

const beginning = Buffer.from('{"event":"');

async function refused(
  host: string,
  account: string | undefined,
  answer: Answer,
  channel: Channel,
): Promise<HostError> {
  const reason = String(answer.reason);
  const own =
    reason === "no-podman" ? `podman failed.\n${(await channel.ended).stderr.trim()}` : reasons[reason];
  return own === undefined
    ? refusal(host, { account }, answer)
    : new HostError(host, own, { reason, state: "" });
}

/** What the scripts of this folder refuse beside what a session does. */
const reasons: Record<string, string> = {
  "no-container": "the unit has no running container there.",
  "many-containers": "the unit has more than one container there.",
};
