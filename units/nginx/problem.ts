/** Something that is wrong in what a person wrote, and where. */
export interface Problem {
  /** The configuration file, or the unit. */
  file?: string;
  /** Counts from 1. */
  line?: number;
  /** Whole: it starts with the file and the line. */
  message: string;
}

/** @example problemAt("default.conf", 2, "what is wrong").message // "default.conf:2: what is wrong" */
export function problemAt(file: string, line: number | undefined, what: string): Problem {
  return line === undefined
    ? { file, message: `${file}: ${what}` }
    : { file, line, message: `${file}:${line}: ${what}` };
}
