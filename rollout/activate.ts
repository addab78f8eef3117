import { onAll } from "./patience.ts";
import { type Host, type Run, fail, inside, isOverBudget, revert } from "./run.ts";
import { canaries, waves } from "./waves.ts";
import { within } from "./world.ts";

/** Seconds within which a lost host must come back. */
export const comingBack = 30;
/** Seconds between two checks of a host that is lost or unhealthy. */
const pause = 1;

/**
 * Activates the prepared hosts in waves. Each wave must stay healthy before the next one starts. Returns early after too many
 * failures, or when nothing more may be started.
 */
export async function activateInWaves(run: Run): Promise<void> {
  const { limits, world, halt } = run;
  const prepared = inside(run, "prepared");
  const all = waves(prepared, limits);
  // In the run after the pause the canaries have the new version, so nothing is left to do on them.
  const pauses = limits.pause === "canary" && prepared.some(({ isCanary }) => isCanary);
  for (const host of canaries(prepared, limits)) host.isCanary = true;
  for (const [index, wave] of all.entries()) {
    if (halt.aborted || isOverBudget(run) || inside(run, "prepared").length === 0) return;
    const name = `wave ${index + 1} of ${all.length}`;
    if (prepared.length > 1) world.say(`${name}: ${progress(run, prepared)}`, "status");
    await onAll(run, wave, (host, givenUp) => activate(run, host, givenUp));
    // Earlier waves too: otherwise a lost host would be noticed only after its grace time.
    if (index < all.length - 1)
      await look(run, comingBack, (host) => (wave.includes(host) ? limits.minHealthyTime : 0), halt);
    // A host that is being reverted is still changing, so it takes a place in the next wave. If all hosts are being reverted, this does not
    // wait.
    if (!isOverBudget(run)) await places(prepared, limits.maxParallel - (all[index + 1]?.length ?? 0));
    if (pauses && !isOverBudget(run) && !inside(run, "prepared").some(({ isCanary }) => isCanary))
      for (const host of inside(run, "prepared")) revert(run, host, "wish", "waits for the next `pulumi up`");
    if (prepared.length > 1) world.say(`${name} done: ${progress(run, prepared)}`, "milestone");
  }
}

/** @param most waits until no more hosts than this are being reverted */
async function places(hosts: readonly Host[], most: number): Promise<void> {
  for (;;) {
    const reverting = hosts.filter(({ isReverting }) => isReverting);
    if (reverting.length <= most) return;
    await Promise.race(reverting.flatMap(({ end }) => end ?? []));
  }
}

function progress(run: Run, prepared: readonly Host[]): string {
  const staying = prepared.filter(({ leaves }) => !leaves);
  const leaving = prepared.filter(({ leaves }) => leaves);
  const done = (hosts: readonly Host[]) => `${inside({ ...run, hosts }, "held").length} of ${hosts.length}`;
  return [
    ...(staying.length > 0 ? [`${done(staying)} serve the new version`] : []),
    ...(leaving.length > 0 ? [`removed from ${done(leaving)}`] : []),
    ...(run.failures > 0 ? [`${run.failures} failed`] : []),
  ].join(", ");
}

async function activate(run: Run, host: Host, givenUp: AbortSignal): Promise<void> {
  const { clock } = run.world;
  host.phase = "activated";
  const answer = await within(clock, run.limits.healthyDeadline, () => host.member.activate(), givenUp);
  if (answer.kind === "failed") return fail(run, host, answer.why, answer.now);
  if (answer.kind === "silent") return fail(run, host, `activation: ${answer.why}`, "here");
  host.phase = "held";
  if (answer.kind === "lost") await lookAt(run, host, 0, comingBack, { stop: run.halt, givenUp });
}

/**
 * Checks all held hosts at the same time.
 *
 * @param limit seconds within which a lost host must come back
 * @param seconds how long each host must be healthy
 * @param stop ends the checks; the caller then decides for all hosts
 */
export async function look(
  run: Run,
  limit: number,
  seconds: (host: Host) => number,
  stop: AbortSignal,
): Promise<void> {
  await onAll(run, inside(run, "held"), (host, givenUp) =>
    lookAt(run, host, seconds(host), limit, { stop, givenUp }),
  );
}

/** A host fails after two unhealthy checks, as a single probe may fail by chance, or when it is lost for too long. */
async function lookAt(
  run: Run,
  host: Host,
  seconds: number,
  limit: number,
  { stop, givenUp }: { stop: AbortSignal; givenUp: AbortSignal },
): Promise<void> {
  const { clock } = run.world;
  const until = clock.now() + 2 * seconds + limit;
  const end = AbortSignal.any([stop, givenUp]);
  for (let isSecond = false; ;) {
    const answer = await within(clock, until - clock.now(), () => host.member.watch(seconds), end);
    if (answer.kind === "healthy") return;
    if (stop.aborted && answer.kind === "silent") return;
    if (givenUp.aborted && answer.kind !== "reverted") return fail(run, host, `lost: ${answer.why}`, "here");
    if (answer.kind === "reverted") return fail(run, host, `reverted by itself: ${answer.why}`, answer.now);
    if (answer.kind === "unhealthy" && isSecond) return fail(run, host, answer.why, "here");
    if (answer.kind !== "unhealthy" && clock.now() + pause >= until)
      return fail(run, host, `lost: ${answer.why}`, "here");
    isSecond ||= answer.kind === "unhealthy";
    await clock.sleep(pause, end);
  }
}
