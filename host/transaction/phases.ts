import { printable } from "../errors.ts";
import { type Answer, decode } from "../facts/facts.ts";
import { type RolledBack, type Session, rolledBack } from "./session.ts";

/** A failed step, and how the rollback went. */
export interface Failed {
  /** Its number; undefined if the host reverted by itself. */
  step: number | undefined;
  output: string;
  back: RolledBack;
}

/** What a phase reports while it runs. */
export interface Listener {
  /** The number of a step, before it runs. */
  step: (step: number) => void;
  /** What a step has left out, and why. */
  note: (text: string) => void;
}

/**
 * How the transaction of another session ended. "other": another transaction has begun since. "unknown": it could not be rolled back.
 */
export interface Ended {
  outcome: "committed" | "reverted" | "other" | "unknown";
  because: string;
}

/** A transaction of a session, phase by phase: prepare, activate, then commit or revert. */
export class Phases {
  readonly #session: Session;
  readonly #isRemoval: boolean;

  /** @param isRemoval whether the set is removed: then the end leaves no record of it on the host */
  constructor(session: Session, isRemoval: boolean) {
    this.#session = session;
    this.#isRemoval = isRemoval;
  }

  /**
   * Sends the stored plan, and runs the part that changes nothing that serves. When the session ends, what is prepared is released.
   *
   * @param id of the transaction, for {@link attach}
   * @returns undefined, or what failed
   */
  async prepare(
    id: string,
    stored: ReadonlyMap<string, string>,
    says: Listener,
  ): Promise<Failed | undefined> {
    const files = [...stored].map(([name, content]) => ({ name, bytes: Buffer.from(content, "utf8") }));
    const list = Buffer.from(files.map(({ name, bytes }) => `${name} ${bytes.length}\n`).join(""));
    const header = Buffer.from(`prepare ${id} ${list.length}\n`);
    const frame = Buffer.concat([header, list, ...files.map(({ bytes }) => bytes)]);
    return await this.#phase(frame, "while the new version was prepared", "prepared", says);
  }

  /**
   * Switches to the new version. From here on the host reverts by itself after a minute and the grace time without contact.
   *
   * @param grace in seconds
   * @returns undefined, or what failed
   */
  async activate(grace: number, says: Listener): Promise<Failed | undefined> {
    this.#session.changed = true;
    return await this.#phase(`activate ${grace}\n`, "while the new version was activated", "held", says);
  }

  /** Whether the new version runs and answers for this many seconds, or just now if 0. */
  async watch(seconds: number): Promise<{ ok: boolean; output: string }> {
    const ends = ["healthy", "unhealthy", "ended"];
    const { event, output } = await this.#session.ask(`watch ${seconds}\n`, "while it was watched", ends);
    return { ok: event === "healthy", output: printable(decode(output).trim()) };
  }

  /** Keeps the new version. Nothing is rolled back after this. */
  async commit(says: Listener): Promise<Failed | undefined> {
    return await this.#phase("commit\n", "during the commit", "committed", says);
  }

  /** Goes back to the old version, or releases what was prepared. */
  async revert(): Promise<RolledBack> {
    const answer = await this.#session.ask("revert\n", "while it was reverted", ["rolledback", "ended"]);
    return answer.event === "ended" ? this.#endedBack(answer) : rolledBack(answer);
  }

  /**
   * Takes over a transaction that another session activated, or waits until it ends.
   *
   * @returns undefined if the host holds, and this session decides
   */
  async attach(id: string): Promise<Ended | undefined> {
    this.#session.changed = true;
    const answer = await this.#session.ask(`attach ${id}\n`, "while its deploy was looked for", [
      "held",
      "ended",
    ]);
    if (answer.event === "held") return undefined;
    return this.#ended(answer);
  }

  async #phase(
    frame: Buffer | string,
    when: string,
    end: string,
    { step, note }: Listener,
  ): Promise<Failed | undefined> {
    let failed: { step: number; output: string } | undefined;
    const last = await this.#session.ask(frame, when, [end, "rolledback", "ended"], (answer) => {
      if (answer.event === "step") step(Number(answer.line));
      if (answer.event === "note") note(printable(decode(answer.text).trim()));
      if (answer.event === "failed")
        failed = { step: Number(answer.line), output: printable(decode(answer.output).trim()) };
    });
    if (last.event === end || this.#ended(last).outcome === end) return undefined;
    const back = last.event === "ended" ? this.#endedBack(last) : rolledBack(last);
    return { step: undefined, output: "", ...failed, back };
  }

  /** How the transaction of another session ended. */
  #ended({ outcome, cause }: Answer): Ended {
    const because = causes[String(cause)] ?? "the host gives no reason";
    if (outcome === "none") return { outcome: this.#isRemoval ? "committed" : "reverted", because };
    const isKnown = outcome === "committed" || outcome === "reverted" || outcome === "other";
    return { outcome: isKnown ? outcome : "unknown", because };
  }

  #endedBack(answer: Answer): RolledBack {
    const { outcome, because } = this.#ended(answer);
    return {
      ok: outcome === "reverted",
      output: outcome === "reverted" ? because : "Its outcome is not known.",
    };
  }
}

/** The texts for the third word of a record (hold.sh). */
const causes: Readonly<Record<string, string>> = {
  alone: "it had no contact with this run for too long",
  boot: "it rebooted",
  failed: "a step failed",
  killed: "the deploy script on it was killed",
  left: "it had lost this run, and another run needed the set",
  next: "another run rolled it back",
};
