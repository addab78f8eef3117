/** The result of one run of wrk. */
export interface WrkResult {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds that 99 of 100 requests did not exceed. */
  readonly p99: number;
  /** Requests that broke, took more than two seconds or were answered with a status of 400 or more. */
  readonly failed: number;
}

export interface WrkOptions {
  readonly url: string;
  readonly threads: number;
  readonly connections: number;
  readonly seconds: number;
  /** Whether each request has its own connection. */
  readonly fresh: boolean;
}

export function wrkCommand({ url, threads, connections, seconds, fresh }: WrkOptions): string[] {
  return [
    ...["wrk", "--latency", "--threads", String(threads), "--connections", String(connections)],
    ...["--duration", `${seconds}s`, ...(fresh ? ["--header", "Connection: close"] : []), url],
  ];
}

/** Milliseconds for each unit that wrk writes (units.c). */
const units = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** @throws Error if this is not the output of `wrk --latency` (4.1), or no request was answered. */
export function parseWrk(output: string): WrkResult {
  const find = (pattern: RegExp) => output.match(pattern)?.slice(1);
  const requests = Number(find(/^ *(\d+) requests in /m)?.[0]);
  const perSecond = Number(find(/^Requests\/sec: +([\d.]+)$/m)?.[0]);
  // Times are written in columns: a time in seconds has a space behind it.
  const [value, unit] = find(/^ *99% +([\d.]+)(us|ms|s|m|h) *$/m) ?? [];
  const p99 = Number(value) * units[unit as keyof typeof units];
  if (Number.isNaN(requests + perSecond + p99)) throw new Error(`not what wrk --latency writes:\n${output}`);
  if (requests === 0) throw new Error(`wrk: no request was answered:\n${output}`);
  // Both lines are there only if something failed.
  const broken = find(/^ *Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)$/m) ?? [];
  const refused = find(/^ *Non-2xx or 3xx responses: (\d+)$/m) ?? [];
  const failed = [...broken, ...refused].reduce((sum, count) => sum + Number(count), 0);
  return { requests, perSecond, p99, failed };
}
