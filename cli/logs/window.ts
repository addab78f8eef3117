interface Timed {
  readonly time: number;
}

interface Waiting<T> {
  readonly one: T;
  readonly due: number;
  isGone: boolean;
}

/**
 * Sorts entries from many hosts by time: each entry waits a short time for older ones. An entry that arrives even later is still emitted,
 * but out of order.
 */
export class Window<T extends Timed> {
  readonly #emit: (one: T) => Promise<void>;
  readonly #milliseconds: number;
  readonly #most: number;
  /** By time. */
  readonly #sorted: Waiting<T>[] = [];
  /** In the order of their arrival. */
  readonly #arrived: Waiting<T>[] = [];
  #isAtWork = false;
  #room: (() => void)[] = [];

  /** @param most entries that wait. At this number, `put` waits too */
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

  /** Emits all waiting entries at once, without waiting for older ones. */
  async flush(): Promise<void> {
    for (let next = this.#sorted.shift(); next; next = this.#sorted.shift()) await this.#out(next);
  }

  /** Emits each entry that is due, and all older ones before it, until no entry waits. */
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
