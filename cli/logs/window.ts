interface Timed {
  readonly time: number;
}

interface Waiting<T> {
  readonly one: T;
  readonly due: number;
  isGone: boolean;
}

/**
 * Puts what comes from many hosts in order, as far as it comes within a short time: each waits so long for older ones. What comes later
 * still is not kept back.
 */
export class Window<T extends Timed> {
  readonly #emit: (one: T) => Promise<void>;
  readonly #milliseconds: number;
  readonly #most: number;
  /** By time. */
  readonly #sorted: Waiting<T>[] = [];
  /** As they came. */
  readonly #arrived: Waiting<T>[] = [];
  #isAtWork = false;
  #room: (() => void)[] = [];

  /** @param most that wait: with more of them, who puts another one in waits as well */
  constructor(emit: (one: T) => Promise<void>, milliseconds: number, most: number) {
    this.#emit = emit;
    this.#milliseconds = milliseconds;
    this.#most = most;
  }

  async put(one: T): Promise<void> {
    while (this.#sorted.length >= this.#most) await new Promise<void>((resolve) => this.#room.push(resolve));
    const waiting = { one, due: Date.now() + this.#milliseconds, isGone: false };
    this.#arrived.push(waiting);
    const at = this.#sorted.findLastIndex(({ one: { time } }) => time <= one.time) + 1;
    this.#sorted.splice(at, 0, waiting);
    if (!this.#isAtWork) void this.#work();
  }

  /** Emits all that waits, without waiting for older ones. */
  async flush(): Promise<void> {
    for (let next = this.#sorted.shift(); next; next = this.#sorted.shift()) await this.#out(next);
  }

  /** Emits what is due, and before it what is older, until nothing waits. */
  async #work(): Promise<void> {
    this.#isAtWork = true;
    for (let first = this.#arrived[0]; first; first = this.#arrived[0]) {
      if (first.isGone) {
        this.#arrived.shift();
        continue;
      }
      const left = first.due - Date.now();
      if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
      while (!first.isGone) await this.#out(this.#sorted.shift() as Waiting<T>);
    }
    this.#isAtWork = false;
  }

  async #out(next: Waiting<T>): Promise<void> {
    next.isGone = true;
    for (const resume of this.#room.splice(0)) resume();
    await this.#emit(next.one);
  }
}
