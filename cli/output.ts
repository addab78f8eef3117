import { printable } from "../host/errors.ts";

/** Standard output or standard error, written as fast as it is read. */
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
    // The reader of the output may stop early, as head(1) does.
    this.#ended = new Promise((resolve) => {
      stream.on("error", () => {
        this.#isOver = true;
        resolve("ended");
        goOn();
      });
    });
  }

  /** Resolves when the output is no longer read. */
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
 * A host's output, with the host's name before each line. No text can make a line with the name of another host.
 *
 * @param width the length of the longest name
 */
export function prefixed(host: string, width: number, text: string): string {
  return harmless(text)
    .split("\n")
    .map((line) => `${host.padEnd(width)} | ${line}\n`)
    .join("");
}

/** Text without characters that control a terminal, change the direction of text, or end a line (except "\n"). */
export function harmless(text: string): string {
  return printable(text).replace(/[\p{Bidi_Control}\u2028\u2029]/gu, "");
}

export function widthOf(hosts: readonly string[]): number {
  return Math.max(0, ...hosts.map(({ length }) => length));
}
