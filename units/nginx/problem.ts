/** A problem in a text of a user, and its place. */
export interface Problem {
  /** The configuration file, or the unit. */
  file?: string;
  /** Counts from 1. */
  line?: number;
  /** The whole message, which starts with the file and the line. */
  message: string;
}

/** @example problemAt("default.conf", 2, "what is wrong").message // "default.conf:2: what is wrong" */
export function problemAt(file: string, line: number | undefined, what: string): Problem {
  return line === undefined
    ? { file, message: `${file}: ${what}` }
    : { file, line, message: `${file}:${line}: ${what}` };
}
