import { randomBytes } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { readAnswers } from "./answers.ts";
import type { Channel, Connection } from "../ssh/connection.ts";
import { type Desired, isRollback } from "../desired.ts";
import type { Target } from "../ssh/endpoint.ts";
import { identify, sudoWords } from "../ssh/sudo.ts";
import { HostError, messageOf, printable, upAgain } from "../errors.ts";
import { type Answer, type Facts, type Query, decode, readFacts, writeQuery } from "../facts/facts.ts";
import { sha256 } from "../digest.ts";
import { Busy, refusal } from "./refusal.ts";
import { enterScript, transactionScript } from "./script.ts";

/** Whose manager the session is with, and for which set. */
export type Place = Pick<Desired, "manager" | "account" | "createUser" | "linger" | "name"> &
  Partial<Pick<Desired, "images">> & {
    /**
     * - "look": changes nothing on the host, accounts and lingering included. Not possible while a transaction of the set is at work: one
     *   that has lost its run is told to revert.
     * - "peek": the same at any time, even during a transaction.
     * - "attach": the same, for a transaction that another session has begun (phases.ts).
     *
     * Without it: a transaction.
     */
    purpose?: "look" | "peek" | "attach";
  };

/** Milliseconds between two signs of life; the script waits for a minute (frames.sh, hold.sh). */
const beat = 20_000;

/** How a rollback went. */
export interface RolledBack {
  ok: boolean;
  output: string;
}

export function rolledBack(answer: Answer): RolledBack {
  return { ok: answer.ok === "yes", output: printable(decode(answer.output).trim()) };
}

/**
 * One run of the host's script: it holds the lock of the set, answers queries and runs a plan in phases. It takes one call at
 * a time; other calls wait.
 */
export class Session {
  readonly #channel: Channel;
  readonly #answers: AsyncGenerator<Answer, void>;
  readonly #host: string;
  readonly #place: Place;
  /** Whether this session may have changed something on the host. */
  changed = false;
  #turn: Promise<unknown> = Promise.resolve();
  #beats: NodeJS.Timeout | undefined;
  /** Called once enter.sh runs. */
  #entered: (() => void) | undefined;

  private constructor(host: string, channel: Channel, place: Place) {
    this.#host = host;
    this.#channel = channel;
    this.#place = place;
    this.#answers = readAnswers(channel);
  }

  /**
   * Starts a session. It can be used when {@link ready} has returned.
   *
   * @throws HostError when no channel is opened in time.
   */
  static async start(connection: Connection, target: Target, place: Place): Promise<Session> {
    const unit = `quadlet-fleet-${randomBytes(6).toString("hex")}`;
    const purpose = place.purpose ?? (place.createUser ? "create" : "change");
    const { manager, account, linger, name } = place;
    const script = [String(transactionScript.length), sha256(transactionScript)];
    const words = [
      manager,
      account ?? "-",
      linger ? "yes" : "no",
      purpose,
      unit,
      ...script,
      name,
      `${operator()}${isRollback(place) ? " (rollback)" : ""}`,
    ];
    const command = ["sh", "-c", enterScript, "quadlet-fleet", ...words];
    const channel = await connection.run([...sudoWords(target), ...command]);
    const session = new Session(connection.name, channel, place);
    // The mark that enter.sh skips to.
    session.#entered = identify(channel, target, () => channel.write("quadlet-fleet\n"));
    return session;
  }

  /**
   * Waits until the script has the set's lock.
   *
   * @throws HostError if the host or the account can't have a session, a Busy if another session is working on the set.
   *   Nothing was changed then.
   */
  async ready(): Promise<void> {
    for (;;) {
      const answer = await this.#next("while the session was opened");
      if (answer.event === "ready") return;
      if (answer.event === "entered") {
        this.#entered?.();
        this.#entered = undefined;
      }
      if (answer.event === "script") this.#channel.write(transactionScript);
      if (answer.event === "busy") throw new Busy(this.#host, this.#place, decode(answer.holder));
      if (answer.event === "refused") throw refusal(this.#host, this.#place, answer);
    }
  }

  /**
   * Looks at the host.
   *
   * @throws HostError when podman or systemd can't answer. A failed question must not look like an empty answer.
   */
  async query(query: Query): Promise<Facts> {
    const bytes = Buffer.from(writeQuery(query), "utf8");
    const frame = Buffer.concat([Buffer.from(`query ${bytes.length}\n`), bytes]);
    const answers: Answer[] = [];
    await this.ask(frame, "while it was looked at", ["answered"], (answer) => answers.push(answer));
    if (answers.some(({ event }) => event === "unanswered")) throw this.#unanswered(answers);
    return readFacts(query, answers);
  }

  /** Rolls back a transaction of this set that was interrupted. */
  async recover(): Promise<RolledBack | undefined> {
    const before = this.changed;
    // Until the host answers that there was nothing to roll back.
    this.changed = true;
    let back: RolledBack | undefined;
    await this.ask("recover\n", "while an interrupted deploy was rolled back", ["recovered"], (answer) => {
      if (answer.event === "rolledback") back = rolledBack(answer);
    });
    this.changed = before || back !== undefined;
    return back;
  }

  /** Sends a frame when it is its turn, and returns the answer that ends it. */
  async ask(
    frame: Buffer | string,
    when: string,
    ends: readonly string[],
    seen: (answer: Answer) => void = () => undefined,
  ): Promise<Answer> {
    const asked = this.#turn.then(async () => {
      this.#channel.write(frame);
      for (;;) {
        const answer = await this.#next(when);
        seen(answer);
        if (ends.includes(answer.event)) return answer;
      }
    });
    this.#turn = asked.catch(() => undefined);
    return await asked;
  }

  /** From now on tells the host regularly that this run is alive. The answers need no reader. */
  beat(): void {
    this.#beats ??= setInterval(() => this.#channel.write("beat\n"), beat).unref();
  }

  /** Gives the lock back and waits until the script has ended. */
  async close(): Promise<void> {
    clearInterval(this.#beats);
    await this.#turn;
    this.#channel.write("end\n");
    this.#channel.end();
    await this.#channel.ended;
  }

  /** Leaves without waiting: the script ends by itself when its input does. */
  abandon(): void {
    clearInterval(this.#beats);
    this.#channel.close();
  }

  async #next(when: string): Promise<Answer> {
    const answer = await this.#answers.next().catch((thrown: unknown) => {
      throw this.#broken(`${messageOf(thrown)} ${when}.`);
    });
    if (!answer.done) return answer.value;
    const { code, stderr } = await this.#channel.ended;
    const reason = code === null ? "the connection was lost" : `the script ended with ${code}`;
    const said = stderr.trim() === "" ? "" : `\n${printable(stderr.trim())}`;
    throw this.#broken(`${reason} ${when}.${said}`);
  }

  #unanswered(answers: readonly Answer[]): HostError {
    const failed = answers.filter(({ event }) => event === "unanswered");
    const said = failed.map(
      ({ question, output }) =>
        `\`${printable(decode(question)).slice(0, 200)}\` failed: ${printable(decode(output).trim())}`,
    );
    const who = this.#place.account === undefined ? "" : ` (as "${this.#place.account}")`;
    return this.#broken(said.join("\n"), `Run it on the host${who} and correct what it reports.`);
  }

  #broken(problem: string, cure?: string): HostError {
    if (!this.changed) return new HostError(this.#host, problem, { cure });
    return new HostError(this.#host, problem, {
      leaves: "unknown",
      state: "Its state is not known.",
      cure: [cure, upAgain].filter(Boolean).join(" "),
    });
  }
}

/** Who runs this, for other sessions that want the same set: "alice@laptop". */
function operator(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // No account has this user id, as in some containers.
    return hostname();
  }
}
