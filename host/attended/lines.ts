import type { Channel, Output } from "../ssh/connection.ts";

/** A line of a command's output, without the newline. */
export interface Line {
  readonly bytes: Buffer;
  /** How many more bytes the line had. */
  readonly cut: number;
}

/** Lines, and bytes of lines, that may wait to be taken. If there are more, the command must wait. */
const [mostLines, mostBytes] = [1000, 1024 * 1024];

/**
 * The lines of a command's output as they arrive, also a last one without a newline. Memory is bounded: a slow reader makes the command
 * wait, and only the beginning of a long line is kept.
 *
 * @param longest how many bytes of a line are kept
 */
export function readLines(channel: Channel, output: Output, longest: number): AsyncGenerator<Line, void> {
  const lines: Line[] = [];
  let bytes = 0;
  const splitter = new Splitter(longest, (line) => {
    lines.push(line);
    bytes += line.bytes.length;
  });
  let [isPaused, isOver] = [false, false];
  let wake: () => void = () => undefined;
  const take = (chunk: Buffer) => {
    splitter.take(chunk);
    if ((lines.length > mostLines || bytes > mostBytes) && !isPaused) {
      isPaused = true;
      channel.pause(output);
    }
    wake();
  };
  if (output === "stdout") channel.onStdout(take);
  else channel.onStderr(take);
  void channel.over(output).then(() => {
    splitter.end();
    isOver = true;
    wake();
  });
  return (async function* () {
    for (;;) {
      // Takes all lines at once: taking them one by one would move the rest each time.
      bytes = 0;
      yield* lines.splice(0);
      if (lines.length > 0) continue;
      if (isPaused) {
        isPaused = false;
        channel.resume(output);
      }
      if (isOver) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  })();
}

const lineFeed = 10;

/** Cuts chunks into lines. */
export class Splitter {
  readonly #longest: number;
  readonly #found: (line: Line) => void;
  #parts: Buffer[] = [];
  #size = 0;
  #cut = 0;

  constructor(longest: number, found: (line: Line) => void) {
    this.#longest = longest;
    this.#found = found;
  }

  take(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, from)) {
      this.#keep(chunk.subarray(from, at));
      this.#emit();
      from = at + 1;
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
  }

  /** Emits a last line that has no newline. */
  end(): void {
    if (this.#size + this.#cut > 0) this.#emit();
  }

  #keep(piece: Buffer): void {
    const kept = piece.subarray(0, this.#longest - this.#size);
    if (kept.length > 0) this.#parts.push(kept);
    this.#size += kept.length;
    this.#cut += piece.length - kept.length;
  }

  #emit(): void {
    const [first = Buffer.alloc(0)] = this.#parts;
    this.#found({ bytes: this.#parts.length <= 1 ? first : Buffer.concat(this.#parts), cut: this.#cut });
    this.#parts = [];
    this.#size = 0;
    this.#cut = 0;
  }
}
