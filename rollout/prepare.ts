import { tagKey } from "./admission.ts";
import { fold, grouped } from "./fold.ts";
import { onAll } from "./patience.ts";
import { type Host, type Run, ends, fail, inside, isOverBudget, settle, revert } from "./run.ts";
import { canaries } from "./waves.ts";
import { within } from "./world.ts";

/** How many reasons why hosts are left out are reported. */
const mostReasons = 20;

/** Seconds: how long to wait for a busy host, and the pause between two attempts. */
const patience = 600;
const pause = { least: 1, most: 4 };

/**
 * Prepares all hosts. Canaries come first and alone, so a mistake that affects all hosts costs only one attempt. If a host is busy,
 * everything is released before the next attempt, so two runs never wait for each other.
 *
 * @returns a function that ends the admission, or undefined if the run was cancelled first
 */
export async function prepare(run: Run, site: string, quit: AbortSignal): Promise<(() => void) | undefined> {
  const { clock, random, say, admission } = run.world;
  const until = clock.now() + patience;
  const hosts = inside(run, "waiting");
  const keys = hosts.flatMap(({ member }) => [
    member.host,
    ...member.tags.map((tag) => tagKey(member.host, tag)),
  ]);
  for (;;) {
    const leave = await admission.prepare.enter({ name: site, keys }, quit, (names) =>
      say(`waiting for ${fold(names)}`, "status"),
    );
    if (!leave || quit.aborted) {
      leave?.();
      run.stopped = "The run was cancelled before anything began.";
      return undefined;
    }
    const busy = await prepareOnce(run, hosts);
    if (busy.length === 0 || isOverBudget(run) || run.halt.aborted) return leave;

    const seconds = pause.least + (pause.most - pause.least) * random();
    if (clock.now() + seconds > until) {
      run.isHopeless = true;
      for (const { host, who } of busy) fail(run, host, `still busy after ten minutes: ${who}`);
      return leave;
    }
    for (const { why, names } of grouped(busy.map(({ host, who }) => ({ name: host.name, why: who }))))
      say(`${fold(names)}: busy with ${why}; trying again`, "status");
    for (const host of inside(run, "prepared")) revert(run, host, "others", "");
    await ends(hosts);
    leave();
    startAgain(run, hosts);
    await clock.sleep(seconds, quit);
  }
}

interface Busy {
  readonly host: Host;
  readonly who: string;
}

/** @returns the busy hosts. After the first busy host, no other host is started. */
async function prepareOnce(run: Run, hosts: readonly Host[]): Promise<readonly Busy[]> {
  const busy: Busy[] = [];
  const skipped: { host: Host; why: string }[] = [];
  let done = 0;
  const enough = new AbortController();
  const stop = AbortSignal.any([run.halt, enough.signal]);
  const one = async (host: Host, givenUp: AbortSignal) => {
    if (stop.aborted) return;
    // From here on the host may have something to release.
    host.phase = "prepared";
    const end = AbortSignal.any([stop, givenUp]);
    const answer = await within(run.world.clock, Infinity, () => host.member.prepare(end), givenUp);
    if (answer.kind === "prepared" || answer.kind === "nothing-to-do")
      run.world.say(`prepared ${++done} of ${hosts.length}`, "status");
    if (answer.kind === "nothing-to-do") return settle(host, "nothing-to-do", "has the new version", "new");
    if (answer.kind === "prepared") host.has = answer.has;
    if (answer.kind === "busy") {
      host.phase = "waiting";
      busy.push({ host, who: answer.who });
      // All hosts are released before the next attempt.
      enough.abort();
    } else if (answer.kind === "prepared" || stop.aborted) return;
    else if (answer.kind === "silent") fail(run, host, answer.why, "here");
    else if (answer.kind === "unreachable" && run.limits.offline === "skip" && !host.isCanary) {
      skipped.push({ host, why: answer.why });
      settle(host, "wish", "unreachable");
    } else fail(run, host, answer.why);
  };
  const first = canaries(hosts, run.limits);
  for (const host of first) host.isCanary = true;
  await onAll(run, first, one);
  if (isOverBudget(run)) return busy;
  await onAll(
    run,
    hosts.filter((host) => !first.includes(host)),
    one,
  );
  if (busy.length > 0) return busy;
  const reasons = skipped.map(({ host: { name }, why }) => ({ name, why: why.split("\n")[0] ?? "" }));
  for (const { why, names } of grouped(reasons).slice(0, mostReasons))
    run.world.say(`left out: ${fold(names)}: ${why}`, "milestone");
  // If most hosts are unreachable, the network is broken, not the hosts.
  if (skipped.length * 2 > hosts.length) {
    run.isHopeless = true;
    run.stopped = "More than half of the hosts can't be reached.";
    for (const { host, why } of skipped) fail(run, host, why);
  }
  return busy;
}

function startAgain(run: Run, hosts: readonly Host[]): void {
  run.failures = 0;
  for (const host of hosts) {
    delete host.end;
    host.phase = "waiting";
  }
}
