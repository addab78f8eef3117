import { fold, grouped } from "../rollout/fold.ts";

/** A text for each group of hosts with the same message: "web-[1-3]: …". */
export function folded(said: readonly { readonly name: string; readonly why: string }[]): string[] {
  return grouped(said).map(({ why, names }) => `${fold(names)}: ${why.replaceAll("\n", "\n  ")}`);
}

/** Messages about hosts on standard error. Hosts with the same message share a line. */
export class Report {
  readonly #said: { name: string; why: string }[] = [];
  readonly #failed = new Set<string>();

  /** Whether a host was not reached, or failed. */
  get hasFailures(): boolean {
    return this.#failed.size > 0;
  }

  /** Only the first failure of a host counts. */
  failed(host: string, why: string): void {
    if (this.#failed.has(host)) return;
    this.#failed.add(host);
    this.note(host, why);
  }

  /** Adds a message that is not a failure. */
  note(host: string, why: string): void {
    this.#said.push({ name: host, why });
  }

  /** Prints all messages since the last call. */
  say(): void {
    for (const text of folded(this.#said.splice(0))) console.error(`quadlet-fleet: ${text}`);
  }
}
