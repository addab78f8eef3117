import { readFileSync } from "node:fs";
import { HostError } from "../errors.ts";
import type { Answer } from "../facts/facts.ts";
import type { Channel } from "../ssh/connection.ts";
import { type Target, endpointName } from "../ssh/endpoint.ts";
import type { Pool } from "../ssh/pool.ts";
import { identify, sudoWords } from "../ssh/sudo.ts";
import { refusal } from "../transaction/refusal.ts";
import { type Line, readLines } from "./lines.ts";

/** A command on a host that runs only as long as this process wants it. */
export interface Errand {
  /** The account that it is about. */
  readonly account: string | undefined;
  /** "either": as root, or else as the account. */
  readonly as: "root" | "account" | "either";
  /** A script of this folder for sh, which reports that it runs (attend.sh), and its arguments. */
  readonly script: string;
  readonly argv: readonly string[];
  /** Bytes of a line of its output that are kept. */
  readonly longest: number;
}

/** A running errand. */
export interface Attended {
  /** The lines of its standard output, and of its standard error. The caller must read both to the end, or leave. */
  readonly lines: AsyncGenerator<Line, void>;
  readonly errors: AsyncGenerator<Line, void>;
  /** Its exit status; null if the connection was lost, or a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Tells the host to stop it. The lines that it prints until then still arrive. */
  stop(): void;
  /** Stops it, and takes no more lines. */
  leave(): void;
}

/** The text of a script of this folder. */
export const scriptOf = (name: string) =>
  readFileSync(new URL(`./scripts/${name}.sh`, import.meta.url), "utf8");

const attendScript = scriptOf("attend");

/** Milliseconds: how often the host hears that the errand is still wanted, and how long the errand may take to begin. */
const [beat, patience] = [30_000, 60_000];

/**
 * Runs a script on a host. The script ends when this process ends for any reason, or when the network is gone.
 *
 * @throws HostError if the host can't be reached, or the script does not begin
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

/** The command's own lines of standard error, without those that the login printed before. */
async function* itsOwn(errors: AsyncGenerator<Line, void>): AsyncGenerator<Line, void> {
  // Without `for await`: leaving such a loop would end the generator.
  for (let line = await errors.next(); !line.done; line = await errors.next())
    if (parse(line.value)?.event === "running") return yield* errors;
}

/** Writes a word as one line. */
function written(word: string): string {
  return word.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

/** Waits until the command runs. Other output of the login is ignored. */
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
  const known = Object.hasOwn(reasons, reason) ? reasons[reason] : undefined;
  const own = reason === "no-podman" ? `podman failed.\n${(await channel.ended).stderr.trim()}` : known;
  return own === undefined
    ? refusal(host, { account }, answer)
    : new HostError(host, own, { reason, state: "" });
}

/** Reasons of the scripts of this folder, in addition to those for which a session is refused. */
const reasons: Record<string, string> = {
  "no-container": "the unit has no running container there.",
  "many-containers": "the unit has more than one container there.",
};
