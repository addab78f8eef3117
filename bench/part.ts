interface PartOptions {
  readonly hosts: number;
  readonly repeats: number;
  /** A directory for temporary files. */
  readonly work: string;
  /** The machine's load before the measurement (machine.ts). */
  readonly load: number;
}

/** A part of the bench that measures deploys. Rejects if something failed. */
export type Part = (options: PartOptions) => Promise<{
  /** Its section of results.md. */
  readonly section: string;
  /** What is wrong on any machine, however slow. */
  readonly problems: readonly string[];
}>;
