import type { Errand } from "./attend.ts";
import type { Line } from "./lines.ts";

/** One line of a log, as its host reports it. */
export interface Entry {
  /** Microseconds since 1970. */
  readonly time: number;
  readonly unit: string;
  readonly message: string;
}

/** Which lines of a log are wanted. */
export interface Query {
  /** Only the last lines of those that match the other fields. */
  readonly lines?: number | undefined;
  /** Seconds since 1970. */
  readonly since?: number | undefined;
  /** A regular expression of PCRE2. */
  readonly grep?: string | undefined;
}

/** One way to read a source. */
export interface Reading {
  readonly errand: Errand;
  /** Takes a line of the errand's output. Returns undefined if the line is not an entry. */
  readonly take: (line: Line) => Entry | undefined;
  /** Whether the newest entry comes first. */
  readonly isReversed: boolean;
  /** How many entries there may be. If the host sends more, the reading fails. */
  readonly most: number;
  /** Whether {@link Reader.follow} can continue after the last line that was taken if this reading breaks off. */
  readonly isResumable: boolean;
}

/** Reads one source of log lines on one host. It remembers its place, so that no line comes twice. */
export interface Reader {
  /** The lines that match the query, up to now. */
  history(): Reading;
  /** The lines after the history, or after the last line that was taken since. */
  follow(): Reading;
}

/** Characters of a message that are kept. */
const longest = 8192;

/** A message of a bounded length. */
export function bounded(text: string, cut = 0): string {
  const more = text.length - longest + cut;
  return text.length <= longest && cut === 0 ? text : `${text.slice(0, longest)}… (${more} more)`;
}
