import type { Entry, Reader } from "../../host/attended/entry.ts";
import { read } from "../../host/attended/read.ts";
import { HostError } from "../../host/errors.ts";
import type { Target } from "../../host/ssh/endpoint.ts";
import type { Pool } from "../../host/ssh/pool.ts";
import type { HostEntry } from "./print.ts";

/** One source of log lines of one host. */
export class Part {
  readonly host: string;
  readonly #pool: Pool;
  readonly #target: Target;
  readonly #reader: Reader;
  #isPast = false;

  constructor(host: string, pool: Pool, target: Target, reader: Reader) {
    this.host = host;
    this.#pool = pool;
    this.#target = target;
    this.#reader = reader;
  }

  /** Whether the history was read far enough to continue from there. */
  get isPast(): boolean {
    return this.#isPast;
  }

  /** The entries up to now, the oldest first. */
  async *history(): AsyncGenerator<HostEntry, void> {
    const reading = this.#reader.history();
    const entries = read(this.#pool, this.#target, reading);
    if (reading.isResumable) {
      for await (const entry of entries) {
        this.#isPast = true;
        yield { host: this.host, ...entry };
      }
    } else {
      // All or nothing, because another try would start from the beginning.
      const all: Entry[] = [];
      for await (const entry of entries) all.push(entry);
      for (const entry of reading.isReversed ? all.reverse() : all) yield { host: this.host, ...entry };
    }
    this.#isPast = true;
  }

  /**
   * The entries after the history, or after the last one that was taken. Does not end.
   *
   * @param begun is called when the host has started to follow
   */
  async *follow(begun: () => void): AsyncGenerator<HostEntry, void> {
    for await (const entry of read(this.#pool, this.#target, this.#reader.follow(), begun))
      yield { host: this.host, ...entry };
    throw new HostError(this.host, "its log could not be read any further.", { reason: "lost", state: "" });
  }

  /** Whether another try may succeed: the host or its network is gone for now, or the host answered before and is still starting. */
  mayComeBack(thrown: unknown): boolean {
    if (!(thrown instanceof HostError)) return false;
    const { reason } = thrown;
    return reason === "unreachable" || reason === "lost" || (reason === undefined && this.#isPast);
  }
}
