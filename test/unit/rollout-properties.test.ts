import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { admission } from "../../rollout/admission.ts";
import type { Fate, SimulatedHost } from "./rollout-host.ts";
import { type Given, type Scene, begin, play } from "./rollout-scene.ts";
import { virtualClock } from "./rollout-time.ts";

const plain = { noNullPrototype: true };
// Faults are so rare that most hosts have one or none: a rollout in which everything fails never comes to its decision.
const mostly = <T>(usual: T, ...others: T[]) =>
  fc.oneof(
    { weight: 15 * others.length, arbitrary: fc.constant(usual) },
    ...others.map((other) => fc.constant(other)),
  );
const seldom = <T>(weight: number, arbitrary: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight, arbitrary: fc.constant<T[]>([]) },
    { weight: 1, arbitrary: fc.array(arbitrary, { minLength: 1, maxLength: 2 }) },
  );
const soon = fc.double({ min: 0, max: 30, noNaN: true });
const hanging = 100_000;

const fate: fc.Arbitrary<Fate> = fc.record(
  {
    has: fc.constantFrom("nothing", "old"),
    prepare: fc.record(
      {
        takes: mostly(1, 0, 20),
        answer: mostly<Fate["prepare"]["answer"]>(
          "prepared",
          "nothing-to-do",
          "refused",
          "unreachable",
          "throws",
        ),
      },
      plain,
    ),
    busy: mostly(0, 1, 2),
    activate: fc.record(
      { takes: mostly(2, 0, 40, hanging), answer: mostly("held" as const, "failed", "stuck") },
      plain,
    ),
    looks: mostly<boolean[]>([], [false], [false, false], [true, false, false]),
    revert: fc.record({ takes: mostly(2, 0, 300), answer: mostly("back" as const, "stuck") }, plain),
    commit: fc.record({ takes: fc.constantFrom(0, 5), losesAck: mostly(false, true) }, plain),
    outages: seldom(6, fc.tuple(soon, fc.constantFrom(5, 25, 90, 200, 10_000))),
    silences: seldom(6, fc.tuple(soon, fc.constantFrom(5, 15, 25, 200))),
    reboots: seldom(9, soon),
  },
  plain,
);

const given: fc.Arbitrary<Given> = fc
  .record({
    fates: fc.array(fate, { minLength: 1, maxLength: 7 }),
    policy: fc.record(
      {
        canary: fc.nat(2),
        maxParallel: fc.integer({ min: 1, max: 3 }),
        minHealthyTime: fc.constantFrom(0, 3, 30),
        maxFailures: fc.constantFrom(0, 0, 1, 3),
        autoRevert: mostly(true, false),
        offline: fc.constantFrom("fail" as const, "skip"),
        grace: fc.constantFrom(60, 120),
      },
      plain,
    ),
    heldBack: mostly(0, 1),
    leaving: mostly(0, 1),
    cancelAt: seldom(3, soon),
    goneAt: seldom(6, soon),
  })
  .map(({ fates, policy, heldBack, leaving, cancelAt, goneAt }) => {
    const names = fates.map((_, index) => `web-${index + 1}`);
    return {
      fates: Object.fromEntries(fates.map((each, index) => [names[index] ?? "", each])),
      policy: heldBack < fates.length && heldBack > 0 ? { ...policy, only: names.slice(heldBack) } : policy,
      leaving: names.slice(names.length - leaving),
      ...(cancelAt[0] !== undefined && { cancelAt: cancelAt[0] }),
      ...(goneAt[0] !== undefined && { goneAt: goneAt[0] }),
    };
  });

/** What the outcome reports about a host. */
function told({ outcome }: Scene, host: SimulatedHost): string {
  if (outcome.kind === "all-new") return "new";
  if (outcome.kind === "all-old") return "as before";
  const exception = outcome.exceptions[host.name];
  return exception?.has ?? (outcome.rest === "new" ? "new" : "as before");
}

function before({ fate, activatedAt }: SimulatedHost): string {
  return activatedAt === undefined && fate.prepare.answer === "nothing-to-do" ? "new" : fate.has;
}

function isTrue(scene: Scene, host: SimulatedHost): boolean {
  const said = told(scene, host);
  if (said === "unknown") return scene.unheard.includes(host);
  return host.truth === (said === "as before" ? before(host) : said);
}

function check(scene: Scene): void {
  const { outcome, hosts, limits, mostChanging } = scene;
  for (const host of hosts) {
    const context = `${host.name}: told ${told(scene, host)}, is ${host.truth}`;
    assert.deepEqual(host.wrong, [], context);
    assert.ok(isTrue(scene, host) || isUnseen(scene, host), context);
    assert.ok(["nothing", "old", "new", "stuck"].includes(host.truth), `${context}: left in between`);
  }
  assert.ok(mostChanging <= limits.maxParallel, `${mostChanging} in change`);

  const asked = hosts.filter(({ committedAt }) => committedAt !== undefined);
  const activated = hosts.filter(({ activatedAt }) => activatedAt !== undefined);
  const leftOut = outcome.kind === "partial" ? Object.entries(outcome.exceptions) : [];
  const failed = leftOut.filter(
    ([name, { why }]) =>
      why !== "held back" && why !== "unreachable" && !asked.some((host) => host.name === name),
  );
  if (asked.length > 0 && limits.autoRevert)
    assert.ok(failed.length <= limits.maxFailures, "a commit in spite of the failures");
  assert.ok(new Set(asked.map(({ committedAt }) => committedAt)).size <= 1, "commits at different times");
  for (const { activatedAt = 0 } of activated)
    for (const { committedAt = Infinity } of asked) assert.ok(activatedAt <= committedAt);
  if (outcome.kind === "all-old")
    assert.ok(!hosts.some(({ truth, committedAt }) => truth === "new" && committedAt !== undefined));
  if (outcome.kind === "partial") assert.ok(outcome.pending.length <= 330, outcome.pending);
}

/** Whether a host that is left out has the new version by chance, which the rollout did not check. */
function isUnseen(scene: Scene, host: SimulatedHost): boolean {
  return (
    host.fate.prepare.answer === "nothing-to-do" &&
    host.activatedAt === undefined &&
    host.truth === "new" &&
    told(scene, host) === host.fate.has
  );
}

const runs = 1000;

test("whatever happens: all old, all new or listed, and the hosts agree", async () => {
  await fc.assert(
    fc.asyncProperty(given, async (each) => check(await play(each))),
    { numRuns: runs },
  );
});

test("the engine is gone before the decision: no host is new", async () => {
  await fc.assert(
    fc.asyncProperty(given, async (each) => {
      const scene = await play({ ...each, goneAt: 0 });
      assert.ok(scene.hosts.every(({ committedAt }) => committedAt === undefined));
    }),
    { numRuns: runs / 4 },
  );
});

test("several rollouts at once that share hosts: all end, and one over several hosts has them for itself", async () => {
  const one = fc.record({
    given,
    names: fc.shuffledSubarray(["a", "b", "c", "d", "e", "f", "g"], { minLength: 7 }),
    begins: soon,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(one, { minLength: 2, maxLength: 7 }), async (all) => {
      const clock = virtualClock();
      const shared = admission();
      const scenes = await clock.run(
        Promise.all(
          all.map(async ({ given: { policy, fates, ...each }, names, begins }, index) => {
            await clock.sleep(begins);
            const renamed = Object.values(fates).map((fate, place) => [names[place] ?? "", fate] as const);
            const { only, ...rest } = policy ?? {};
            void only;
            return await begin({
              ...each,
              leaving: [],
              fates: Object.fromEntries(renamed),
              policy: rest,
              clock,
              admission: shared,
              site: `site-${index}`,
            });
          }),
        ),
      );
      await clock.drain();
      for (const scene of scenes) check(scene);
      for (const left of scenes)
        for (const right of scenes)
          if (left !== right)
            for (const mine of left.hosts)
              for (const other of right.hosts)
                if (mine.name === other.name && (changesSeveral(left) || changesSeveral(right)))
                  assertApart(mine, other, scenes);
    }),
    { numRuns: runs / 4 },
  );
});

function changesSeveral({ hosts }: Scene): boolean {
  return hosts.filter(({ activatedAt }) => activatedAt !== undefined).length > 1;
}

/** Asserts that no host is activated for one site between the activation and the end of another site. */
function assertApart(mine: SimulatedHost, other: SimulatedHost, scenes: readonly Scene[]): void {
  if (mine.activatedAt === undefined || other.activatedAt === undefined) return;
  const ended = (host: SimulatedHost) => scenes.find(({ hosts }) => hosts.includes(host))?.ended ?? 0;
  assert.ok(
    ended(mine) <= other.activatedAt || ended(other) <= mine.activatedAt,
    `${mine.name} is changed for two sites at once`,
  );
}
