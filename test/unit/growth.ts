import assert from "node:assert/strict";

/** Its processor time in microseconds: the best of some tries, at least one millisecond. */
function time(action: () => void): number {
  const tries = [1, 2, 3].map(() => {
    const start = process.cpuUsage();
    action();
    return process.cpuUsage(start).user;
  });
  return Math.max(1000, Math.min(...tries));
}

/**
 * Fails if eight times the size takes 30 times the time in every try; quadratic growth would take 64 times. There are several tries, because
 * other work on the machine uses the processor's caches, too.
 */
export function assertGrowth(action: (size: number) => () => void): void {
  const tries: string[] = [];
  while (tries.length < 5) {
    const [small, large] = [time(action(2_000)), time(action(16_000))];
    if (large < 30 * small) return;
    tries.push(`${small} µs and ${large} µs`);
  }
  assert.fail(tries.join(", "));
}
