/** What went wrong with a request; "cut": it ended after the first byte of its answer. */
export type Fault = "refused" | "reset" | "closed" | "timeout" | "cut" | "status" | "body" | "other";

export const faults: readonly Fault[] = [
  "refused",
  "reset",
  "closed",
  "timeout",
  "cut",
  "status",
  "body",
  "other",
];

/** The requests of one kind of client. */
export interface Tally extends Record<Fault, number> {
  requests: number;
  /** Time from the connect to the last byte of a correct answer: the longest, and the one that 99 of 100 did not exceed. */
  slowestMs: number;
  p99Ms: number;
}

/** A download of known content. */
export interface Download {
  path: string;
  bytes: number;
  sha256: string;
  /** How many at a time. */
  count: number;
}

/** The plan of a load, as its worker gets it. */
export interface LoadPlan {
  /** Addresses: each gets all of the clients below. */
  hosts: string[];
  port: number;
  /** Path → what its body must match; its first group (without a group, the whole match) is counted in {@link LoadReport.bodies}. */
  paths: Record<string, string>;
  /** Clients that open a connection for each request. */
  fresh: number;
  /** Clients that keep their connection. */
  kept: number;
  downloads: Download[];
  /** A client's pause between two requests. */
  pauseMs: number;
  timeoutMs: number;
  maxSeconds: number;
  maxRequests: number;
  /** A directory. The worker makes "running" there when every client has had an answer, and stops when there is a "stop". */
  control: string;
}

export interface LoadReport {
  seconds: number;
  /** The limit on time or on count ended it, not the test. */
  bounded: boolean;
  fresh: Tally;
  /**
   * `reconnects`: the server closed an idle connection and the client saw it before its next request. `retries`: a request
   * was written to a reused connection, not one byte came back, and it was sent once more on a new one, as a browser does
   * with a GET (RFC 9110, 9.2.2).
   */
  kept: Tally & { reconnects: number; retries: number };
  downloads: Tally;
  /** "PATH BODY" → how often. */
  bodies: Record<string, number>;
  /** The first faults, with their time. */
  examples: string[];
  /** The longest time that the worker itself was held up: this part of slowestMs may be the machine's fault. */
  workerDelayMs: number;
}

export const failed = (tally: Tally) => faults.reduce((sum, fault) => sum + tally[fault], 0);

export const failures = ({ fresh, kept, downloads }: LoadReport) =>
  failed(fresh) + failed(kept) + failed(downloads);

/** All of it in one line, for a test's diagnostics. */
export function line(report: LoadReport): string {
  const { fresh, kept, downloads } = report;
  const part = (name: string, tally: Tally, more = "") => {
    const wrong = faults.flatMap((fault) => (tally[fault] > 0 ? [`${tally[fault]} ${fault}`] : []));
    return `${name}: ${tally.requests} requests, ${failed(tally)} failed${wrong.length > 0 ? ` (${wrong.join(", ")})` : ""}${more}`;
  };
  const time = ({ slowestMs, p99Ms }: Tally) =>
    `, slowest ${slowestMs.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms`;
  return [
    `${report.seconds.toFixed(1)} s${report.bounded ? " (ended by its limit)" : ""}`,
    part("fresh", fresh, time(fresh)),
    part("kept alive", kept, `${time(kept)}, ${kept.reconnects} reconnects, ${kept.retries} retries`),
    part("downloads", downloads),
    `worker held up ${report.workerDelayMs.toFixed(0)} ms`,
    ...report.examples.slice(0, 3),
  ].join("; ");
}
