import { printable } from "../host/errors.ts";

/** Standard output or standard error, at the pace of whoever reads it. */
export class Output {
  readonly #stream: NodeJS.WritableStream;
  readonly #ended: Promise<"ended">;
  #isOver = false;
  #waiting: (() => void)[] = [];

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
    const goOn = () => {
      for (const resume of this.#waiting.splice(0)) resume();
    };
    stream.on("drain", goOn);
    // Whoever reads it may have had enough, as head(1).
    this.#ended = new Promise((resolve) => {
      stream.on("error", () => {
        this.#isOver = true;
        resolve("ended");
        goOn();
      });
    });
  }

  /** Resolves when nobody reads it any more. */
  ended(): Promise<"ended"> {
    return this.#ended;
  }

  /** Returns when there is room for more. */
  async print(text: string): Promise<void> {
    if (this.#isOver || this.#stream.write(text)) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

/**
 * What a host has printed, in lines that say which host it was. No text can make one that says another.
 *
 * @param width of the longest name
 */
export function prefixed(host: string, width: number, text: string): string {
  return harmless(text)
    .split("\n")
    .map((line) => `${host.padEnd(width)} | ${line}\n`)
    .join("");
}

/** Without what steers a terminal, and without what changes the direction of text or ends a line besides "\n". */
export function harmless(text: string): string {
  return printable(text).replace(/[\p{Bidi_Control}\u2028\u2029]/gu, "");
}

export function widthOf(hosts: readonly string[]): number {
  return Math.max(0, ...hosts.map(({ length }) => length));
}
