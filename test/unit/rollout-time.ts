import type { Clock } from "../../rollout/world.ts";

export interface VirtualClock extends Clock {
  /** Runs until the promise is settled: when everything waits for time, time moves on. */
  run<T>(promise: Promise<T>): Promise<T>;
  /** Runs until nothing waits for time. */
  drain(): Promise<void>;
  at(time: number, action: () => void): void;
}

/** Time that passes only when everything waits for it: ten minutes take milliseconds. */
export function virtualClock(): VirtualClock {
  let now = 0;
  const waiting = new Set<{ time: number; resolve: () => void }>();
  const idle = () => new Promise((resolve) => setImmediate(resolve));

  async function step(): Promise<boolean> {
    await idle();
    let next: { time: number; resolve: () => void } | undefined;
    for (const timer of waiting) if (!next || timer.time < next.time) next = timer;
    if (!next) return false;
    now = Math.max(now, next.time);
    waiting.delete(next);
    next.resolve();
    return true;
  }

  const clock: VirtualClock = {
    now: () => now,
    sleep(seconds, signal) {
      if (signal?.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = { time: now + seconds, resolve };
        waiting.add(timer);
        signal?.addEventListener("abort", () => {
          waiting.delete(timer);
          resolve();
        });
      });
    },
    async run(promise) {
      let isSettled = false;
      promise.then(
        () => (isSettled = true),
        () => (isSettled = true),
      );
      await idle();
      while (!isSettled) if (!(await step()) && !isSettled) throw new Error("deadlock: all wait for nothing");
      return await promise;
    },
    async drain() {
      while (await step());
    },
    at(time, action) {
      void clock.sleep(time - now).then(action);
    },
  };
  return clock;
}
