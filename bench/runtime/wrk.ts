/** What wrk says of one run. */
export interface WrkResult {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds that 99 of 100 requests took at most. */
  readonly p99: number;
  /** Requests that broke, took more than two seconds or were answered with a status from 400 on. */
  readonly failed: number;
}

export interface WrkOptions {
  readonly url: string;
  readonly threads: number;
  readonly connections: number;
  readonly seconds: number;
  /** Whether each request has a connection of its own. */
  readonly fresh: boolean;
}

export function wrkCommand({ url, threads, connections, seconds, fresh }: WrkOptions): string[] {
  return [
    ...["wrk", "--latency", "--threads", String(threads), "--connections", String(connections)],
    ...["--duration", `${seconds}s`, ...(fresh ? ["--header", "Connection: close"] : []), url],
  ];
}

/** Milliseconds in each unit that wrk writes (units.c). */
const units = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** @throws Error when this is not what `wrk --latency` (4.1) writes, or no request was answered. */
export function parseWrk(output: string): WrkResult {
  const find = (pattern: RegExp) => output.match(pattern)?.slice(1);
  const requests = Number(find(/^ *(\d+) requests in /m)?.[0]);
  const perSecond = Number(find(/^Requests\/sec: +([\d.]+)$/m)?.[0]);
  // Times are written in columns: one in seconds has a space behind it.
  const [value, unit] = find(/^ *99% +([\d.]+)(us|ms|s|m|h) *$/m) ?? [];
  const p99 = Number(value) * units[unit as keyof typeof units];
  if (Number.isNaN(requests + perSecond + p99)) throw new Error(`not what wrk --latency writes:\n${output}`);
  if (requests === 0) throw new Error(`wrk: no request was answered:\n${output}`);
  // Both lines are there only where something failed.
  const broken = find(/^ *Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)$/m) ?? [];
  const refused = find(/^ *Non-2xx or 3xx responses: (\d+)$/m) ?? [];
  const failed = [...broken, ...refused].reduce((sum, count) => sum + Number(count), 0);
  return { requests, perSecond, p99, failed };
}
