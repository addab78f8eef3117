import type { Errand } from "./attend.ts";
import type { Line } from "./lines.ts";

/** One line of a log, as its host says it. */
export interface Entry {
  /** Microseconds since 1970. */
  readonly time: number;
  readonly unit: string;
  readonly message: string;
}

/** Which lines of a log are wanted. */
export interface Query {
  /** The last ones only, of those that the rest leaves. */
  readonly lines?: number | undefined;
  /** Seconds since 1970. */
  readonly since?: number | undefined;
  /** A regular expression of PCRE2. */
  readonly grep?: string | undefined;
}

/** One way to read a source. */
export interface Reading {
  readonly errand: Errand;
  /** Takes a line of what the errand prints; undefined where that is no entry. */
  readonly take: (line: Line) => Entry | undefined;
  /** The newest entry is the first. */
  readonly isReversed: boolean;
  /** Where it is broken off, {@link Reader.follow} goes on after the last line that was taken. */
  readonly isResumable: boolean;
}

/** Reads one source of log lines on one host. It remembers up to where, so that no line comes twice. */
export interface Reader {
  /** What the query asks for, up to now. */
  history(): Reading;
  /** What comes after that, or after the last line that was taken since. */
  follow(): Reading;
}

/** Characters of a message that are kept. */
const longest = 8192;

/** A message of a bounded length. */
export function bounded(text: string, cut = 0): string {
  const more = text.length - longest + cut;
  return text.length <= longest && cut === 0 ? text : `${text.slice(0, longest)}… (${more} more)`;
}
