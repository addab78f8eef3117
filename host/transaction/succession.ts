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
import type { HostMember } from "./member.ts";

/**
 * A host on which the set moves to another service manager or account: its removal there and its deploy here, as one member. Each of the
 * two has its own transaction. Until both have committed, a revert of one also reverts the other. A power loss between the two commits
 * leaves both, which the next `up` repairs.
 */
export class Succession implements Member {
  readonly #former: HostMember;
  readonly #next: HostMember;
  readonly leaves = false;
  /** The members with something to do, in their order. */
  #busy: HostMember[] = [];

  constructor(former: HostMember, next: HostMember) {
    this.#former = former;
    this.#next = next;
  }

  get name(): string {
    return this.#next.name;
  }
  get host(): string {
    return this.#next.host;
  }
  get tags(): readonly string[] {
    return this.#next.tags;
  }
  get has(): Has {
    return this.#former.has;
  }
  get silence(): number {
    return this.#next.silence;
  }

  async prepare(signal: AbortSignal): Promise<Prepared> {
    this.#busy = [];
    const next = await this.#next.prepare(signal);
    if (next.kind !== "prepared" && next.kind !== "nothing-to-do") return next;
    if (next.kind === "prepared") this.#busy.push(this.#next);
    const former = await this.#former.prepare(signal);
    if (former.kind === "prepared") this.#busy.unshift(this.#former);
    // A rollout does not revert a host that is busy or refuses.
    else if (former.kind !== "nothing-to-do") {
      const back = await this.#next.revert();
      if (back.kind !== "reverted") throw new Error(back.why);
      return former;
    }
    return this.#busy.length === 0 ? { kind: "nothing-to-do" } : { kind: "prepared", has: "old" };
  }

  async activate(): Promise<Activated> {
    for (const member of this.#busy) {
      const answer = await member.activate();
      if (answer.kind === "held") continue;
      return answer.kind === "lost" ? answer : await this.#revertedWith(member, answer);
    }
    return { kind: "held" };
  }

  async watch(seconds: number): Promise<Watched> {
    for (const member of this.#busy) {
      const answer = await member.watch(member === this.#next ? seconds : 0);
      if (answer.kind === "reverted") return await this.#revertedWith(member, answer);
      if (answer.kind !== "healthy") return answer;
    }
    return { kind: "healthy" };
  }

  async commit(): Promise<Committed> {
    for (const member of this.#busy.toReversed()) {
      const answer = await member.commit();
      if (answer.kind === "committed") continue;
      if (answer.kind === "unknown") return answer;
      if (member === this.#busy.at(-1)) return await this.#revertedWith(member, answer);
      return { kind: "unknown", why: `both the former and the new units are on the host: ${answer.why}` };
    }
    return { kind: "committed" };
  }

  async revert(): Promise<Reverted> {
    const next = await this.#next.revert();
    const former = await this.#former.revert();
    return next.kind === "reverted" ? former : next;
  }

  /** Reverts the other member after one of the two was reverted. */
  async #revertedWith<T extends { now: Back }>(member: HostMember, answer: T): Promise<T> {
    const others = this.#busy.filter((other) => other !== member);
    const back = await Promise.all(others.map((other) => other.revert()));
    return back.every(({ kind }) => kind === "reverted") ? answer : { ...answer, now: "stuck" };
  }
}
