interface PartOptions {
  readonly hosts: number;
  readonly repeats: number;
  /** A directory for temporary files. */
  readonly work: string;
  /** Load of the machine before (machine.ts). */
  readonly load: number;
}

/** A part of the bench that measures deploys. Rejects when something failed. */
export type Part = (options: PartOptions) => Promise<{
  /** What it has to say, for results.md. */
  readonly section: string;
  /** What must not be, whatever the machine. */
  readonly problems: readonly string[];
}>;
