import { setTimeout as sleep } from "node:timers/promises";

/**
 * Checks again and again, until it does not fail any more: nginx takes a reload's configuration a moment after the signal, say.
 * Rejects with the last failure when a minute is over, which is patience: nothing is tested by it.
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
