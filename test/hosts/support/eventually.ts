import { setTimeout as sleep } from "node:timers/promises";

/**
 * Repeats a check until it succeeds. For example, nginx uses a reload's configuration a moment after the signal.
 * Rejects with the last failure after a minute. The minute is only patience: no test depends on it.
 */
export async function eventually<T>(check: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + 60_000; ; await sleep(100)) {
    try {
      return await check();
    } catch (failure) {
      if (Date.now() > end) throw failure;
    }
  }
}
