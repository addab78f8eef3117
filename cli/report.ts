import { fold, grouped } from "../rollout/fold.ts";

/** A text for each group of hosts of which the same is said: "web-[1-3]: …". */
export function folded(said: readonly { readonly name: string; readonly why: string }[]): string[] {
  return grouped(said).map(({ why, names }) => `${fold(names)}: ${why.replaceAll("\n", "\n  ")}`);
}

/** What is said of hosts on standard error: in one line of all of which it is the same. */
export class Report {
  readonly #said: { name: string; why: string }[] = [];
  readonly #failed = new Set<string>();

  /** Whether a host was not reached, or could not do it. */
  get hasFailures(): boolean {
    return this.#failed.size > 0;
  }

  /** Of several failures of a host the first counts. */
  failed(host: string, why: string): void {
    if (this.#failed.has(host)) return;
    this.#failed.add(host);
    this.note(host, why);
  }

  /** What is no failure. */
  note(host: string, why: string): void {
    this.#said.push({ name: host, why });
  }

  /** Says what has come together. */
  say(): void {
    for (const text of folded(this.#said.splice(0))) console.error(`quadlet-fleet: ${text}`);
  }
}
