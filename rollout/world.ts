import type { Admission } from "./admission.ts";

/** Seconds. */
export interface Clock {
  now(): number;
  /** Ends early, and without an error, once the signal is aborted. */
  sleep(seconds: number, signal?: AbortSignal): Promise<void>;
}

/** All that a rollout gets from outside. */
export interface World {
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  /** "status": replaced by the next one. "milestone": stays. */
  readonly say: (line: string, kind: "status" | "milestone") => void;
  /** Ctrl-C. */
  readonly cancel: AbortSignal;
  /** The engine was killed: nobody will hear of the result. */
  readonly gone: AbortSignal;
  /** Shared by all rollouts of one run. */
  readonly admission: Admission;
}

export interface Silence {
  readonly kind: "silent";
  readonly why: string;
}

/** An answer, or silence if it does not come in time, if the call fails, or once `stop` is aborted. */
export async function within<T>(
  clock: Clock,
  seconds: number,
  call: () => Promise<T>,
  stop?: AbortSignal,
): Promise<T | Silence> {
  const done = new AbortController();
  const end = stop ? AbortSignal.any([done.signal, stop]) : done.signal;
  try {
    if (seconds === Infinity) return await call();
    const late = clock
      .sleep(seconds, end)
      .then((): Silence => ({ kind: "silent", why: `no answer within ${Math.round(seconds)} s` }));
    return await Promise.race([call(), late]);
  } catch (thrown) {
    return { kind: "silent", why: thrown instanceof Error ? thrown.message : String(thrown) };
  } finally {
    done.abort();
  }
}

/** Does something for each, for so many at once. */
export async function forEach<T>(
  items: readonly T[],
  width: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: Math.min(width, items.length) }, async () => {
      for (const item of left) await task(item);
    }),
  );
}
