/**
 * When the plugin's process ends. The engine says Cancel on Ctrl-C and at the end of every run, then sends SIGINT and waits
 * five seconds. Ctrl-C also reaches the whole process group by itself: what has begun on a host is reported to its end.
 */
export class Lifetime {
  #running = 0;
  #interrupted = false;
  readonly #cancel = new AbortController();
  readonly #gone = new AbortController();
  #end: () => Promise<void> = () => Promise.resolve();

  constructor() {
    process.on("SIGINT", () => {
      this.#interrupted = true;
      this.#leaveWhenDone();
    });
    const engine = process.ppid;
    // An engine that is killed says nothing, nor does one that ends for a closed pipe (`pulumi preview | head`).
    setInterval(() => {
      if (process.ppid === engine) return;
      this.#interrupted = true;
      this.#gone.abort();
      this.stop();
    }, 200).unref();
  }

  /** Nothing more is begun. */
  get cancel(): AbortSignal {
    return this.#cancel.signal;
  }

  /** Nobody takes the answer: what has begun is reverted, so that it is as the state says. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** What is done before the process ends. */
  onEnd(action: () => Promise<void>): void {
    this.#end = action;
  }

  stop(): void {
    this.#cancel.abort();
    this.#leaveWhenDone();
  }

  /** Keeps the process alive for an operation. */
  async during<T>(operation: () => T | Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      return await operation();
    } finally {
      this.#running -= 1;
      // After the answer is on its way.
      setImmediate(() => this.#leaveWhenDone());
    }
  }

  #leaveWhenDone(): void {
    if (this.#cancel.signal.aborted && this.#interrupted && this.#running === 0)
      void this.#end().finally(() => process.exit(0));
  }
}
