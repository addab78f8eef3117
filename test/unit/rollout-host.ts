import type {
  Activated,
  Back,
  Committed,
  Has,
  Member,
  Prepared,
  Reverted,
  Watched,
} from "../../rollout/member.ts";
import type { VirtualClock } from "./rollout-time.ts";

/** The events of a host in a rollout. Times are in seconds. */
export interface Fate {
  readonly has: "nothing" | "old";
  readonly prepare: { readonly takes: number; readonly answer: Prepared["kind"] | "throws" };
  /** How often it answers "busy" before that answer. */
  readonly busy: number;
  /** If it takes a long time, the host hangs. */
  readonly activate: { readonly takes: number; readonly answer: "held" | "failed" | "stuck" };
  /** The results of looking at it, one after the other; after them it is healthy. */
  readonly looks: readonly boolean[];
  readonly revert: { readonly takes: number; readonly answer: Back };
  /** How long a commit is on its way, and whether the connection breaks before the answer arrives. */
  readonly commit: { readonly takes: number; readonly losesAck: boolean };
  /** When it can't be connected to: [from, seconds]. */
  readonly outages: readonly (readonly [from: number, seconds: number])[];
  /** When its packets are lost: [from, seconds]. The connection breaks after 20 seconds of that. */
  readonly silences: readonly (readonly [from: number, seconds: number])[];
  readonly reboots: readonly number[];
}

export const fine: Fate = {
  has: "old",
  prepare: { takes: 1, answer: "prepared" },
  busy: 0,
  activate: { takes: 1, answer: "held" },
  looks: [],
  revert: { takes: 1, answer: "back" },
  commit: { takes: 0, losesAck: false },
  outages: [],
  silences: [],
  reboots: [],
};

type Phase = "idle" | "preparing" | "prepared" | "activating" | "held" | "reverting" | "new" | "stuck";

/** A host with the table of section 3.1 (what it does by itself when it is left alone), and a session on it. */
export class SimulatedHost implements Member {
  readonly tags: readonly string[] = [];
  leaves = false;
  phase: Phase = "idle";
  /** Calls that break the protocol. */
  readonly wrong: string[] = [];
  /** When it was last seen healthy, and when it was asked to commit. */
  healthyAt = -Infinity;
  committedAt: number | undefined;
  activatedAt: number | undefined;
  revertedAt: number | undefined;
  /** True if the last call had no answer that says which version it has. */
  isUnanswered = false;
  isOnline = true;
  #isAttached = false;
  #silentSince: number | undefined;
  /** Called when the host can be heard again. */
  #listeners: (() => void)[] = [];
  #sessions = 0;
  #open = 0;
  #activity: Promise<void> = Promise.resolve();
  #lost = new AbortController();
  #looks: boolean[];
  #busy: number;

  readonly name: string;
  readonly host: string;
  readonly fate: Fate;
  readonly #clock: VirtualClock;
  readonly #grace: number;

  constructor(name: string, fate: Fate, clock: VirtualClock, grace: number) {
    this.name = name;
    this.host = name;
    this.fate = fate;
    this.#clock = clock;
    this.#grace = grace;
    this.#looks = [...fate.looks];
    this.#busy = fate.busy;
    for (const [from, seconds] of fate.outages) {
      clock.at(from, () => {
        this.isOnline = false;
        this.#detach();
      });
      clock.at(from + seconds, () => (this.isOnline = true));
    }
    for (const [from, seconds] of fate.silences) {
      clock.at(from, () => (this.#silentSince = from));
      if (seconds > 20)
        clock.at(from + 20, () => {
          this.isOnline = false;
          this.#detach();
        });
      clock.at(from + seconds, () => {
        this.isOnline = true;
        this.#silentSince = undefined;
        for (const listener of this.#listeners.splice(0)) listener();
      });
    }
    for (const time of fate.reboots) clock.at(time, () => this.#reboot());
  }

  get has(): Has {
    return this.fate.has;
  }

  get silence(): number {
    return this.#silentSince === undefined ? 0 : this.#clock.now() - this.#silentSince;
  }

  /** The version that it really has. */
  get truth(): Has | Phase {
    if (this.phase === "new" || this.phase === "stuck") return this.phase;
    if (this.phase === "idle" && this.fate.prepare.answer === "nothing-to-do") return "new";
    return this.phase === "idle" ? this.fate.has : this.phase;
  }

  get isChanging(): boolean {
    return this.#isAttached && (this.phase === "activating" || this.phase === "reverting");
  }

  /** True while a call has not returned. */
  get isAsked(): boolean {
    return this.#open > 0;
  }

  async prepare(signal: AbortSignal): Promise<Prepared> {
    if (this.phase !== "idle") this.wrong.push(`prepare when ${this.phase}`);
    return await this.#call<Prepared>({ kind: "unreachable", why: "no connection" }, async () => {
      if (this.#busy > 0) {
        this.#busy -= 1;
        return { kind: "busy", who: "another site" };
      }
      this.phase = "preparing";
      const session = this.#lost.signal;
      await this.#clock.sleep(this.fate.prepare.takes, signal);
      if (session.aborted) return { kind: "unreachable", why: "connection lost" };
      if (signal.aborted) return { kind: "refused", why: "cancelled" };
      switch (this.fate.prepare.answer) {
        case "prepared":
          this.phase = "prepared";
          return { kind: "prepared", has: this.fate.has };
        case "throws":
          throw new Error("unforeseen");
        case "nothing-to-do":
        case "busy":
          this.phase = "idle";
          return this.fate.prepare.answer === "busy"
            ? { kind: "busy", who: "another site" }
            : { kind: "nothing-to-do" };
        case "refused":
        case "unreachable":
          this.phase = "idle";
          return { kind: this.fate.prepare.answer, why: `${this.fate.prepare.answer}, as planned` };
      }
    });
  }

  async activate(): Promise<Activated> {
    this.activatedAt = this.#clock.now();
    if (!this.#attach()) return { kind: "failed", why: "connection lost", now: "back" };
    return await this.#call<Activated>({ kind: "lost", why: "connection lost" }, async () => {
      this.phase = "activating";
      const activity = this.#activate();
      this.#activity = activity;
      await activity;
      const phase = this.phase as Phase;
      if (phase === "held") return { kind: "held" };
      return { kind: "failed", why: "activation failed", now: phase === "stuck" ? "stuck" : "back" };
    });
  }

  async watch(seconds: number): Promise<Watched> {
    return await this.#call<Watched>({ kind: "lost", why: "connection lost" }, async () => {
      await this.#activity;
      if (this.phase === "held") await this.#clock.sleep(seconds);
      if (this.phase !== "held") return { kind: "reverted", why: "it was left alone", now: this.#back() };
      const isHealthy = this.#looks.shift() ?? true;
      if (isHealthy) this.healthyAt = this.#clock.now();
      return isHealthy ? { kind: "healthy" } : { kind: "unhealthy", why: "answers 500" };
    });
  }

  async commit(): Promise<Committed> {
    this.committedAt ??= this.#clock.now();
    if (this.#clock.now() === this.committedAt && this.#clock.now() - this.healthyAt > 20)
      this.wrong.push(`commit, last seen ${this.#clock.now() - this.healthyAt} s ago`);
    return await this.#call<Committed>({ kind: "unknown", why: "connection lost" }, async () => {
      const { signal } = this.#lost;
      await this.#clock.sleep(this.fate.commit.takes, signal);
      if (signal.aborted) return { kind: "unknown", why: "connection lost" };
      await this.#activity;
      const isFirst = this.phase === "held";
      if (isFirst) this.phase = "new";
      if (isFirst && this.fate.commit.losesAck) {
        this.#detach();
        return { kind: "unknown", why: "connection lost" };
      }
      if (this.phase === "new") return { kind: "committed" };
      return { kind: "reverted", why: "it was left alone", now: this.#back() };
    });
  }

  async revert(): Promise<Reverted> {
    if (this.committedAt !== undefined) this.wrong.push("revert after commit");
    this.revertedAt ??= this.#clock.now();
    return await this.#call<Reverted>({ kind: "unknown", why: "connection lost" }, async () => {
      await this.#activity;
      this.#revert();
      await this.#activity;
      return this.phase === "stuck" ? { kind: "stuck", why: "no space left" } : { kind: "reverted" };
    });
  }

  /** A call over the connection: returns the host's answer, or `lost` if the connection breaks. */
  async #call<T extends { kind: string }>(lost: T, action: () => Promise<T>): Promise<T> {
    this.isUnanswered = true;
    if (!this.#attach()) {
      await this.#clock.sleep(2);
      return lost;
    }
    this.#open += 1;
    const signal = this.#lost.signal;
    const heard = () => new Promise<void>((resolve) => this.#listeners.push(resolve));
    const asked = async () => {
      if (this.silence > 0) await heard();
      if (signal.aborted) return lost;
      const answer = await action();
      if (this.silence > 0) await heard();
      return answer;
    };
    const broken = new Promise<T>((resolve) => signal.addEventListener("abort", () => resolve(lost)));
    try {
      const answer = await Promise.race([asked(), broken]);
      this.isUnanswered = answer === lost || answer.kind === "unknown";
      return answer;
    } finally {
      this.#open -= 1;
    }
  }

  #back(): Back {
    return this.phase === "stuck" ? "stuck" : "back";
  }

  async #activate(): Promise<void> {
    await this.#clock.sleep(this.fate.activate.takes);
    if (this.phase !== "activating") return;
    this.phase = { held: "held", failed: "idle", stuck: "stuck" }[this.fate.activate.answer] as Phase;
    if (!this.#isAttached) this.#leftAlone();
  }

  #revert(): void {
    if (this.phase === "preparing" || this.phase === "prepared") this.phase = "idle";
    if (this.phase !== "held") return;
    this.phase = "reverting";
    this.#activity = this.#clock.sleep(this.fate.revert.takes).then(() => {
      if (this.phase === "reverting") this.phase = this.fate.revert.answer === "stuck" ? "stuck" : "idle";
    });
  }

  #attach(): boolean {
    if (!this.isOnline) return false;
    if (!this.#isAttached) {
      this.#isAttached = true;
      this.#sessions += 1;
      this.#lost = new AbortController();
    }
    return true;
  }

  #detach(): void {
    this.#isAttached = false;
    this.#lost.abort();
    this.#leftAlone();
  }

  #leftAlone(): void {
    if (this.phase === "preparing" || this.phase === "prepared") this.phase = "idle";
    const session = this.#sessions;
    void this.#clock.sleep(this.#grace).then(() => {
      if (!this.#isAttached && this.#sessions === session) this.#revert();
    });
  }

  #reboot(): void {
    if (this.phase !== "new" && this.phase !== "stuck") this.phase = "idle";
    this.#detach();
  }
}
