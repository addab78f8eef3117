import { setTimeout as sleep } from "node:timers/promises";
import type { Report } from "../report.ts";
import { whyNot } from "../sites.ts";
import type { Part } from "./part.ts";
import type { HostEntry } from "./print.ts";

/** Milliseconds between two tries to reach a host again: the first, and the longest. */
const [soon, late] = [1000, 30_000];

/** The parts of a source that following needs. */
export type Followed = Pick<Part, "host" | "isPast" | "history" | "follow" | "mayComeBack">;

/** Follows the sources of several hosts. A host may disappear and come back. Each source is followed until it fails for good. */
export class Follower {
  readonly #put: (entry: HostEntry) => Promise<void>;
  readonly #report: Report;
  readonly #stop: AbortSignal;
  /** Host → its sources that do not answer now. */
  readonly #away = new Map<string, Set<Followed>>();

  /** @param stop after it, no host is asked and nothing is reported */
  constructor(put: (entry: HostEntry) => Promise<void>, report: Report, stop: AbortSignal) {
    this.#put = put;
    this.#report = report;
    this.#stop = stop;
  }

  /** @param failures why the history of a source could not be read */
  async all(parts: readonly Followed[], failures: ReadonlyMap<Followed, unknown>): Promise<void> {
    const kept = parts.filter((part) => {
      const failure = failures.get(part);
      return failure === undefined || this.#isAway(part, failure);
    });
    this.#report.say();
    await Promise.all(kept.map((part) => this.#keep(part, failures.has(part))));
  }

  async #keep(part: Followed, isAway: boolean): Promise<void> {
    let wait = soon;
    for (let waits = isAway; ; waits = true) {
      if (waits) await sleep(wait);
      if (this.#stop.aborted) return;
      wait = Math.min(2 * wait, late);
      try {
        if (!part.isPast) for await (const entry of part.history()) await this.#put(entry);
        const begun = () => {
          wait = soon;
          this.#isBack(part);
        };
        for await (const entry of part.follow(begun)) await this.#put(entry);
      } catch (thrown) {
        if (this.#stop.aborted) return;
        const mayComeBack = this.#isAway(part, thrown);
        this.#report.say();
        if (!mayComeBack) return;
      }
    }
  }

  /** @returns whether the source may come back */
  #isAway(part: Followed, thrown: unknown): boolean {
    const { host } = part;
    if (!part.mayComeBack(thrown)) {
      this.#report.failed(host, whyNot(thrown));
      // The host's other sources may come back without this one.
      this.#away.get(host)?.delete(part);
      return false;
    }
    const away = this.#away.get(host) ?? new Set();
    // Reported once until all sources of the host are back.
    if (away.size === 0) this.#report.note(host, `${whyNot(thrown)}\nIt is asked again until it answers.`);
    this.#away.set(host, away.add(part));
    return true;
  }

  #isBack(part: Followed): void {
    const away = this.#away.get(part.host);
    if (!away?.delete(part) || away.size > 0) return;
    this.#report.note(part.host, "it answers again.");
    this.#report.say();
  }
}
