import { randomBytes } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { readAnswers } from "./answers.ts";
import type { Channel, Connection } from "../ssh/connection.ts";
import type { Desired } from "../desired.ts";
import type { Target } from "../ssh/endpoint.ts";
import { HostError, messageOf, printable } from "../errors.ts";
import { type Answer, type Facts, type Query, decode, readFacts, writeQuery } from "../facts/facts.ts";
import { sha256 } from "../digest.ts";
import { busy, refusal } from "./refusal.ts";
import { enterScript, transactionScript } from "./script.ts";

/** Whose manager the session is with, and for which set. */
export type Place = Pick<Desired, "manager" | "account" | "createUser" | "linger" | "name"> & {
  /** Nothing is changed on the host, accounts and lingering included. */
  onlyLooks?: boolean;
};

/** How a rollback went. */
export interface RolledBack {
  ok: boolean;
  output: string;
}

function rolledBack(answer: Answer): RolledBack {
  return { ok: answer.ok === "yes", output: printable(decode(answer.output).trim()) };
}

/** How long sudo may take for a password, in milliseconds. */
const sudoTime = 30_000;

/** One run of the host's script: it holds the lock of the set, answers queries and applies a plan. */
export class Session {
  readonly #channel: Channel;
  readonly #answers: AsyncGenerator<Answer, void>;
  readonly #host: string;
  readonly #place: Place;
  #changed = false;
  /** What is sent once enter.sh runs. */
  #entered: (() => void) | undefined;

  private constructor(host: string, channel: Channel, place: Place) {
    this.#host = host;
    this.#channel = channel;
    this.#place = place;
    this.#answers = readAnswers(channel);
  }

  /**
   * Starts a session; it is there when {@link ready} has returned.
   *
   * @throws HostError when no channel is opened in time.
   */
  static async start(connection: Connection, target: Target, place: Place): Promise<Session> {
    const unit = `quadlet-fleet-${randomBytes(6).toString("hex")}`;
    const purpose = place.onlyLooks ? "look" : place.createUser ? "create" : "change";
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
      operator(),
    ];
    const password = typeof target.sudo === "object" ? target.sudo.password : undefined;
    const ask = password === undefined ? ["-n"] : ["-S", "-p", ""];
    const sudo = target.sudo ? ["sudo", ...ask, "--"] : [];
    const channel = await connection.run([...sudo, "sh", "-c", enterScript, "quadlet-fleet", ...words]);
    const session = new Session(connection.name, channel, place);
    if (password === undefined) session.#enter();
    else session.#identify(password);
    return session;
  }

  /** The mark that enter.sh skips to. */
  #enter(): void {
    this.#channel.write("quadlet-fleet\n");
  }

  /**
   * Whatever came behind a wrong password sudo would take for the next ones: a login may be locked after three (faillock(8)). So
   * the rest waits until enter.sh has said that it is there, and sudo gets an end of its input instead where it asks again.
   */
  #identify(password: string): void {
    this.#channel.write(`${password}\n`);
    const giveUp = setTimeout(() => this.#channel.end(), sudoTime);
    this.#entered = () => {
      clearTimeout(giveUp);
      this.#enter();
    };
    this.#channel.onStderr((chunk) => {
      if (/try again/i.test(chunk.toString("utf8"))) this.#channel.end();
    });
    void this.#channel.ended.then(() => clearTimeout(giveUp));
  }

  /**
   * Waits until the script has the set's lock.
   *
   * @throws HostError when the host or the account can't have a session, with the reason "busy" when somebody else is at work on
   * the set. Nothing was changed then.
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
      if (answer.event === "busy") throw busy(this.#host, this.#place, decode(answer.holder));
      if (answer.event === "refused") throw refusal(this.#host, this.#place, answer);
    }
  }

  /** Whether something on the host may have changed by this session. */
  get changed(): boolean {
    return this.#changed;
  }

  /**
   * Looks at the host.
   *
   * @throws HostError when podman or systemd can't answer. A failed question must not look like an empty answer.
   */
  async query(query: Query): Promise<Facts> {
    const bytes = Buffer.from(writeQuery(query), "utf8");
    this.#channel.write(`query ${bytes.length}\n`);
    this.#channel.write(bytes);
    const answers: Answer[] = [];
    for (;;) {
      const answer = await this.#next("while it was looked at");
      if (answer.event !== "answered") answers.push(answer);
      else if (answers.some(({ event }) => event === "unanswered")) throw this.#unanswered(answers);
      else return readFacts(query, answers);
    }
  }

  /** Takes back what an interrupted run of this set has left half-way. */
  async recover(): Promise<RolledBack | undefined> {
    this.#channel.write("recover\n");
    const before = this.#changed;
    // Until it says that there was nothing.
    this.#changed = true;
    let back: RolledBack | undefined;
    for (;;) {
      const answer = await this.#next("while an interrupted transaction was taken back");
      if (answer.event === "recovered") {
        this.#changed = before || back !== undefined;
        return back;
      }
      if (answer.event === "rolledback") back = rolledBack(answer);
    }
  }

  /**
   * Runs the stored plan.
   *
   * @param progress is called with the number of each step before it runs
   * @param note is called with what a step has left out, and why
   * @returns undefined, or which step failed and what became of those before it
   */
  async apply(
    stored: ReadonlyMap<string, string>,
    progress: (step: number) => void,
    note: (text: string) => void,
  ): Promise<{ step: number; output: string; back: RolledBack } | undefined> {
    const files = [...stored].map(([name, content]) => ({ name, bytes: Buffer.from(content, "utf8") }));
    const list = Buffer.from(files.map(({ name, bytes }) => `${name} ${bytes.length}\n`).join(""));
    this.#changed = true;
    this.#channel.write(
      Buffer.concat([Buffer.from(`apply ${list.length}\n`), list, ...files.map(({ bytes }) => bytes)]),
    );
    let failed: { step: number; output: string } | undefined;
    for (;;) {
      const answer = await this.#next("in the middle of a transaction, which goes on by itself on the host");
      if (answer.event === "applied") return undefined;
      if (answer.event === "step") progress(Number(answer.line));
      if (answer.event === "note") note(printable(decode(answer.text).trim()));
      if (answer.event === "failed")
        failed = { step: Number(answer.line), output: printable(decode(answer.output).trim()) };
      if (answer.event === "rolledback" && failed) return { ...failed, back: rolledBack(answer) };
    }
  }

  /** Gives the lock back and waits until the script has ended. */
  async close(): Promise<void> {
    this.#channel.write("end\n");
    this.#channel.end();
    await this.#channel.ended;
  }

  /** Leaves without waiting: the script ends by itself when its input does. */
  abandon(): void {
    this.#channel.end();
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
    if (!this.#changed) return new HostError(this.#host, problem, { cure });
    const again = "Run `pulumi up` again: it looks at the host first and does what is missing.";
    return new HostError(this.#host, problem, {
      leaves: "unknown",
      state: "Its state is not known.",
      cure: [cure, again].filter(Boolean).join(" "),
    });
  }
}

/** Who runs this, for others that come to the same set: "alice@laptop". */
function operator(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // No account has this user id, as in some containers.
    return hostname();
  }
}
