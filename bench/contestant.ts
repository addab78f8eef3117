import type { Wanted } from "./job.ts";

/** One way to bring all hosts to the state of Example 2 (job.ts). It holds no connection from one run to the next. */
export interface Contestant {
  /** The tool, with its version. */
  readonly name: string;
  /** Sets what the next run has to bring; not measured. */
  want(wanted: Wanted): void;
  /** Brings all hosts to the wanted state: this is what is measured. Rejects if one host fails. */
  run(): Promise<void>;
  /** Runs after a measured run, unmeasured: closes connections that the tool would keep. */
  settle?(): Promise<void>;
  /** Removes what the tool has put on the hosts, and the tool's own records. job.ts removes the rest. */
  remove?(): Promise<void>;
}
