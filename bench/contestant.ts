import type { Wanted } from "./job.ts";

/** One way to bring all hosts to what Example 2 is (job.ts). It holds no connection from one run to the next. */
export interface Contestant {
  /** With its version. */
  readonly name: string;
  /** Says what is wanted next; not measured. */
  want(wanted: Wanted): void;
  /** Brings the hosts there: this is what is measured. Rejects when one host fails. */
  run(): Promise<void>;
  /** What it does after a measured run, unmeasured: for connections that it would keep. */
  settle?(): Promise<void>;
  /** Removes what it has put on the hosts, and forgets it; what it leaves is removed by job.ts. */
  remove?(): Promise<void>;
}
