import assert from "node:assert/strict";

/** What it takes of the processor, in microseconds: the best of some tries, one millisecond at least. */
function time(action: () => void): number {
  const tries = [1, 2, 3].map(() => {
    const start = process.cpuUsage();
    action();
    return process.cpuUsage(start).user;
  });
  return Math.max(1000, Math.min(...tries));
}

/**
 * Fails where eight times the size takes 30 times the time, as a square does (64), each time that it is tried: whatever else
 * the machine does takes from the caches, too.
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
