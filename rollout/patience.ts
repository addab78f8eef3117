import { type Host, type Run, isOverBudget } from "./run.ts";

/** Seconds without a sign of life after which a host may be given up. */
const patience = 10;
/** Seconds between two checks. Two in a row must have the same result. */
const pause = 1;

/**
 * Works on hosts at the same time. When only silent hosts are left, and the budget allows all of them to fail, they are given up: the other
 * hosts need not wait until it is certain that these are lost.
 *
 * @param work must return when the signal says that its host is given up
 */
export async function onAll(
  run: Run,
  hosts: readonly Host[],
  work: (host: Host, givenUp: AbortSignal) => Promise<void>,
): Promise<void> {
  const open = new Map(hosts.map((host) => [host, new AbortController()]));
  const done = new AbortController();
  const watching = giveUpTheSilent(run, open, done.signal);
  await Promise.all(
    [...open].map(([host, { signal }]) => work(host, signal).finally(() => open.delete(host))),
  ).finally(() => done.abort());
  await watching;
}

async function giveUpTheSilent(
  run: Run,
  open: ReadonlyMap<Host, AbortController>,
  done: AbortSignal,
): Promise<void> {
  const { clock } = run.world;
  const isSilent = ({ member, isCanary }: Host) => !isCanary && member.silence >= patience;
  for (let before = false; ;) {
    const at = clock.now();
    await clock.sleep(pause, done);
    if (done.aborted) return;
    // If this process was stopped for a while, a host can seem silent although its output only waits to be read.
    const wasAwake = clock.now() - at < 2 * pause;
    const isBorne = run.failures + open.size <= run.limits.maxFailures && !isOverBudget(run);
    const areSilent = wasAwake && isBorne && [...open.keys()].every(isSilent);
    if (areSilent && before)
      for (const controller of open.values()) controller.abort(`no answer for ${patience} s`);
    before = areSilent;
  }
}
