import { HostError, messageOf } from "../errors.ts";
import { goBack } from "./go-back.ts";
import type { Activated, Committed, Member, Prepared, Reverted, Watched } from "../../rollout/member.ts";

/** Runs the commands of one host that come before or after its change. */
export interface HookRunner {
  before(): Promise<void>;
  after(): Promise<void>;
}

/**
 * A member with commands around its change, for example to drain the host. `after` ends what `before` began, whether
 * the change succeeds or not.
 */
export class Hooked implements Member {
  readonly #member: Member;
  readonly #hooks: HookRunner;
  /** Whether `before` has begun and `after` has not run yet. */
  #isOpen = false;
  /** The run of `before`. */
  #beginning: Promise<void> | undefined;
  #isReverted = false;

  constructor(member: Member, hooks: HookRunner) {
    this.#member = member;
    this.#hooks = hooks;
  }

  get name() {
    return this.#member.name;
  }
  get host() {
    return this.#member.host;
  }
  get tags() {
    return this.#member.tags;
  }
  get leaves() {
    return this.#member.leaves;
  }
  get has() {
    return this.#member.has;
  }
  get silence() {
    return this.#member.silence;
  }

  prepare(signal: AbortSignal): Promise<Prepared> {
    this.#isReverted = false;
    return this.#member.prepare(signal);
  }

  async activate(): Promise<Activated> {
    // A `before` that fails may have done a part of its work.
    this.#isOpen = true;
    this.#beginning = this.#hooks.before();
    try {
      await this.#beginning;
    } catch (thrown) {
      return await goBack(this, textOf(thrown));
    }
    // The rollout has given this host up while `before` ran.
    if (this.#isReverted)
      return { kind: "failed", why: "it was reverted before anything changed on it", now: "back" };
    const answer = await this.#member.activate();
    if (answer.kind === "failed") return { ...answer, why: await this.#close(answer.why) };
    if (answer.kind === "lost") return answer;
    const why = await this.#after();
    if (why === undefined) return answer;
    return await goBack(this, why);
  }

  async watch(seconds: number): Promise<Watched> {
    const answer = await this.#member.watch(seconds);
    if (answer.kind === "reverted") return { ...answer, why: await this.#close(answer.why) };
    // `after` has not run yet if the connection was lost during the activation.
    const why = answer.kind === "healthy" && this.#isOpen ? await this.#after() : undefined;
    return why === undefined ? answer : { kind: "unhealthy", why };
  }

  async commit(): Promise<Committed> {
    const answer = await this.#member.commit();
    return answer.kind === "reverted" ? { ...answer, why: await this.#close(answer.why) } : answer;
  }

  async revert(): Promise<Reverted> {
    this.#isReverted = true;
    await this.#beginning?.catch(() => undefined);
    const answer = await this.#member.revert();
    if (answer.kind !== "reverted") return answer;
    const why = await this.#close("");
    return why === "" ? answer : { kind: "stuck", why };
  }

  /** Runs `after` on a host with the new version. Returns what went wrong. */
  async #after(): Promise<string | undefined> {
    try {
      await this.#hooks.after();
      this.#isOpen = false;
      return undefined;
    } catch (thrown) {
      return problemOf(thrown);
    }
  }

  /** Runs `after` on a host that has the old version again. Returns the reason, with what went wrong here. */
  async #close(why: string): Promise<string> {
    if (!this.#isOpen) return why;
    this.#isOpen = false;
    try {
      await this.#hooks.after();
      return why;
    } catch (thrown) {
      const still = `It has the old version, but a command of \`after\` failed. If a command of \`before\` drained the host, it still is:`;
      return [why, `${still} ${problemOf(thrown)}`].filter(Boolean).join("\n");
    }
  }
}

/** Without the state of the error: the new version is active by then, so its "nothing was changed" is not true of the host. */
function problemOf(thrown: unknown): string {
  return thrown instanceof HostError ? thrown.problem : messageOf(thrown);
}

function textOf(thrown: unknown): string {
  return thrown instanceof HostError ? thrown.withoutHost : messageOf(thrown);
}
