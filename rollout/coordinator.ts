import { activateInWaves, comingBack, look } from "./activate.ts";
import { fold } from "./fold.ts";
import type { Member } from "./member.ts";
import { type Outcome, outcome } from "./outcome.ts";
import { type Limits, isHeldBack } from "./policy.ts";
import { prepare } from "./prepare.ts";
import { type Host, type Run, ends, fail, inside, insist, isOverBudget, settle, takeBack } from "./run.ts";
import type { World } from "./world.ts";

/**
 * Brings all members to their new version, or takes all back: prepare → waves of activation → decide → commit to all at once.
 * Until the decision each host goes back by itself if it is left alone, so whatever happens to this process the end is old.
 *
 * @param site what others are told to wait for
 */
export async function rollOut(
  site: string,
  members: readonly Member[],
  limits: Limits,
  world: World,
): Promise<Outcome> {
  const run = begin(members, limits, world);
  const quit = AbortSignal.any([world.cancel, world.gone]);
  const turns: ((() => void) | undefined)[] = [];
  try {
    turns.push(await prepare(run, site, quit));
    if (mayGoOn(run)) turns.push(await waitForTurn(run, site, quit));
    if (mayGoOn(run)) {
      await activateInWaves(run);
      await decide(run);
    }
    return await end(run);
  } finally {
    for (const leave of turns.reverse()) leave?.();
  }
}

function begin(members: readonly Member[], limits: Limits, world: World): Run {
  const hosts = members.map((member): Host => ({
    member,
    name: member.name,
    leaves: member.leaves,
    has: member.has,
    isCanary: false,
    phase: "waiting",
  }));
  for (const host of hosts) if (isHeldBack(host, limits)) settle(host, "wish", "held back");
  const isAlone = hosts.filter((host) => !host.end).length === 1;
  const halt = isAlone ? world.gone : AbortSignal.any([world.cancel, world.gone]);
  return { hosts, limits, world, halt, failures: 0, isHopeless: false };
}

function mayGoOn(run: Run): boolean {
  return run.stopped === undefined && !run.halt.aborted && !isOverBudget(run);
}

async function waitForTurn(run: Run, site: string, quit: AbortSignal): Promise<(() => void) | undefined> {
  const keys = inside(run, "prepared").map(({ member }) => member.host);
  const leave = await run.world.admission.activate.enter({ name: site, keys }, quit, (names) =>
    run.world.say(`prepared; waiting for ${fold(names)}`, "status"),
  );
  if (!leave) run.stopped = "The run was cancelled before anything was activated.";
  return leave;
}

/** Seconds: how old the last sign of a host may be when its commit is decided. */
const fresh = 20;

/** Commits what is held, or leaves it to be taken back. */
async function decide(run: Run): Promise<void> {
  const { clock, gone } = run.world;
  const isLost = () => gone.aborted || (run.limits.autoRevert && isOverBudget(run));
  // Where all hosts are activated, Ctrl-C ends nothing: to finish is the shortest way out.
  if (run.halt.aborted && inside(run, "prepared").length > 0) return;
  if (isLost()) return;
  let since = clock.now();
  await look(run, comingBack, () => 0, gone);
  if (clock.now() - since > fresh) {
    since = clock.now();
    await look(run, fresh, () => 0, gone);
  }
  if (isLost()) return;
  // Nothing is waited for between this last look and the decision, and nothing ends it from here on.
  await Promise.all(inside(run, "held").map((host) => commit(run, host, since)));
}

async function commit(run: Run, host: Host, since: number): Promise<void> {
  const answer = await insist(run, since, () => host.member.commit());
  if (answer.kind === "committed") settle(host, "committed", "has the new version", "new");
  else if (answer.kind === "reverted") fail(run, host, `took itself back: ${answer.why}`, answer.now);
  else settle(host, "failure", `lost after the decision: ${answer.why}`, "unknown");
}

/** Takes back all that has no end yet. */
async function end(run: Run): Promise<Outcome> {
  const left = inside(run, "waiting", "prepared", "activated", "held");
  if (run.halt.aborted && left.length > 0)
    run.stopped ??= run.world.gone.aborted ? "The engine has ended." : "The run was cancelled.";
  const touched = run.hosts.some(({ phase }) => phase === "activated" || phase === "held");
  const held = inside(run, "held").map(({ name }) => name);
  if (held.length > 0) run.world.say(`taking back ${fold(held)}`, "milestone");
  for (const host of left)
    takeBack(run, host, "others", host.phase === "held" ? "taken back" : "not activated");
  return outcome(await ends(run.hosts), run.stopped, touched);
}
