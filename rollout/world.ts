import type { Admission } from "./admission.ts";

/** Times are in seconds. */
export interface Clock {
  now(): number;
  /** Returns early, without an error, when the signal is aborted. */
  sleep(seconds: number, signal?: AbortSignal): Promise<void>;
}

/** Everything that a rollout gets from its caller. */
export interface World {
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  /** "status": the next line replaces it. "milestone": it stays. */
  readonly say: (line: string, kind: "status" | "milestone") => void;
  /** Ctrl-C. */
  readonly cancel: AbortSignal;
  /** The engine was killed, so the result can't be reported. */
  readonly gone: AbortSignal;
  /** Shared by all rollouts of one run. */
  readonly admission: Admission;
}

export interface Silence {
  readonly kind: "silent";
  readonly why: string;
}

/**
 * The answer of a call, or silence if the answer is late, if the call throws, or if `stop` is aborted. The silence then has the reason of
 * `stop`.
 */
export async function within<T>(
  clock: Clock,
  seconds: number,
  call: () => Promise<T>,
  stop?: AbortSignal,
): Promise<T | Silence> {
  const done = new AbortController();
  const end = stop ? AbortSignal.any([done.signal, stop]) : done.signal;
  try {
    const late = (seconds === Infinity ? aborted(end) : clock.sleep(seconds, end)).then((): Silence => ({
      kind: "silent",
      why: stop?.aborted ? String(stop.reason) : `no answer within ${Math.round(seconds)} s`,
    }));
    return await Promise.race([call(), late]);
  } catch (thrown) {
    return { kind: "silent", why: thrown instanceof Error ? thrown.message : String(thrown) };
  } finally {
    done.abort();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
