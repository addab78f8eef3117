import { activateInWaves, comingBack, look } from "./activate.ts";
import { fold } from "./fold.ts";
import type { Member } from "./member.ts";
import { type Outcome, outcome } from "./outcome.ts";
import { type Limits, isHeldBack } from "./policy.ts";
import { prepare } from "./prepare.ts";
import { type Host, type Run, ends, fail, inside, insist, isOverBudget, settle, revert } from "./run.ts";
import type { World } from "./world.ts";

/**
 * Brings all hosts to the new version, or reverts all: prepare → activate in waves → decide → commit on all at the same time.
 * Until the decision each host reverts by itself if it loses the coordinator, so a crash of this process leaves the old version.
 *
 * @param site the name that waiting rollouts report
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
  const entrant = { name: site, keys, isExclusive: keys.length > 1 };
  const leave = await run.world.admission.activate.enter(entrant, quit, (names) =>
    run.world.say(`prepared; waiting for ${fold(names)}`, "status"),
  );
  if (!leave) run.stopped = "The run was cancelled before anything was activated.";
  return leave;
}

/** Seconds: the maximal age of a host's last sign of life at the decision. */
const fresh = 20;

/** Commits all held hosts, or returns so that they are reverted. */
async function decide(run: Run): Promise<void> {
  const { clock, gone } = run.world;
  const isLost = () => gone.aborted || (run.limits.autoRevert && isOverBudget(run));
  // If all hosts are activated already, finishing is the fastest end after Ctrl-C.
  if (run.halt.aborted && inside(run, "prepared").length > 0) return;
  if (isLost()) return;
  let since = clock.now();
  await look(run, comingBack, () => 0, gone);
  if (clock.now() - since > fresh) {
    since = clock.now();
    await look(run, fresh, () => 0, gone);
  }
  if (isLost()) return;
  // This is the decision. Nothing is awaited between it and the last check, and nothing interrupts it.
  await Promise.all(inside(run, "held").map((host) => commit(run, host, since)));
}

async function commit(run: Run, host: Host, since: number): Promise<void> {
  const answer = await insist(run, since, () => host.member.commit());
  if (answer.kind === "committed") settle(host, "committed", "has the new version", "new");
  else if (answer.kind === "reverted") fail(run, host, `reverted by itself: ${answer.why}`, answer.now);
  else settle(host, "failure", `lost after the decision: ${answer.why}`, "unknown");
}

/** Reverts all hosts that have no result yet. */
async function end(run: Run): Promise<Outcome> {
  const left = inside(run, "waiting", "prepared", "activated", "held");
  if (run.halt.aborted && left.length > 0)
    run.stopped ??= run.world.gone.aborted ? "The engine has ended." : "The run was cancelled.";
  const touched = run.hosts.some(({ phase }) => phase === "activated" || phase === "held");
  const held = inside(run, "held").map(({ name }) => name);
  if (held.length > 0) run.world.say(`reverting ${fold(held)}`, "milestone");
  for (const host of left) revert(run, host, "others", host.phase === "held" ? "reverted" : "not activated");
  return outcome(await ends(run.hosts), run.stopped, touched);
}
