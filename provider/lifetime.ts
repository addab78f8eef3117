/**
 * Decides when the plugin's process ends. The engine calls Cancel on Ctrl-C and at the end of every run, then sends SIGINT and waits five
 * seconds. Ctrl-C also reaches the plugin directly, as a part of the process group. Operations that have started on a host are reported
 * until they end.
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
    // A killed engine sends nothing, and neither does one that ends because of a closed pipe (`pulumi preview | head`).
    setInterval(() => {
      if (process.ppid === engine) return;
      this.#interrupted = true;
      this.#gone.abort();
      this.stop();
    }, 200).unref();
  }

  /** Aborted when nothing more may be started. */
  get cancel(): AbortSignal {
    return this.#cancel.signal;
  }

  /** Aborted when no engine takes the answer. Operations that have started are reverted, so that the hosts match the state. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Sets what to do before the process ends. */
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
