import { setTimeout as sleep } from "node:timers/promises";
import { HostError } from "../host/errors.ts";

/** What a read has found, or why its host is passed over. */
export type Look<T> = { found: T } | { unseen: HostError };

export const checkNetwork = "No host answered in this run: check the network of this machine first.";

/** A host can't be reached, and neither can any other. */
export class NoAnswer extends Error {
  readonly problem: HostError;

  constructor(problem: HostError) {
    super(`${problem.message}\n${checkNetwork}`, { cause: problem });
    this.problem = problem;
  }
}

/** In milliseconds. */
export interface Patience {
  /** How long the engine may take to send the next read, once it has the answer to another one. */
  readonly next: number;
  readonly step: number;
}

/**
 * The reads of one refresh. A host that can't be reached is passed over if another host answers. If no host answers, the network is broken,
 * and the run fails.
 */
export class Survey {
  readonly #patience: Patience;
  /** Host → its reads that have not returned yet. */
  readonly #waiting = new Map<string, number>();
  /** How many reads are asking their host right now. */
  #asking = 0;
  #answered = false;
  readonly #passedOver = new Set<string>();

  constructor(patience: Patience = { next: 1000, step: 50 }) {
    this.#patience = patience;
  }

  /**
   * Asks a host.
   *
   * @throws the error of `action`, unless the host is passed over
   */
  async look<T>(urn: string, host: string, action: () => Promise<T>): Promise<Look<T>> {
    const waiting = () => this.#waiting.get(host) ?? 0;
    this.#waiting.set(host, waiting() + 1);
    try {
      const found = await this.#ask(action);
      this.#answered = true;
      return { found };
    } catch (thrown) {
      if (!(thrown instanceof HostError) || thrown.reason !== "unreachable") throw thrown;
      if (!(await this.#mayPassOver(waiting))) throw new NoAnswer(thrown);
      this.#passedOver.add(urn);
      return { unseen: thrown };
    } finally {
      this.#waiting.set(host, waiting() - 1);
    }
  }

  /**
   * Whether the last read of a resource passed it over. Only the first call returns true. It comes from the diff right after each read of a
   * refresh, by which the engine decides whether it prints "unchanged". The diff of an `up` has the same arguments and must not get true:
   * the `up` would update a resource that was not looked at.
   */
  takePassedOver(urn: string): boolean {
    return this.#passedOver.delete(urn);
  }

  async #ask<T>(action: () => Promise<T>): Promise<T> {
    this.#asking += 1;
    try {
      return await action();
    } finally {
      this.#asking -= 1;
    }
  }

  /**
   * The engine sends only a few reads at a time. The reads of one host must not block all others, so all of them except the last are passed
   * over at once. The last one waits for all reads that are asking, and then for the next read from the engine.
   */
  async #mayPassOver(waiting: () => number): Promise<boolean> {
    for (
      let quiet = 0;
      quiet < this.#patience.next;
      quiet = this.#asking > 0 ? 0 : quiet + this.#patience.step
    ) {
      if (this.#answered || waiting() > 1) return true;
      await sleep(this.#patience.step);
    }
    return this.#answered;
  }
}
