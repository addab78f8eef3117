import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HostError } from "../../host/errors.ts";
import { Hooked } from "../../host/hooks/hooked.ts";
import type { Activated, Member, Watched } from "../../rollout/member.ts";

/** A member, with a record of its hooks and calls. */
function scene(
  answers: {
    activate?: Activated;
    watch?: Watched;
    before?: Error;
    after?: Error;
    revert?: "reverted" | "stuck";
  } = {},
) {
  const log: string[] = [];
  const note = <T>(what: string, answer: T) => {
    log.push(what);
    return Promise.resolve(answer);
  };
  const { revert = "reverted" } = answers;
  const inner: Member = {
    ...{ name: "web-1", host: "web-1", tags: [], leaves: false, has: "old", silence: 0 },
    prepare: () => note("prepare", { kind: "nothing-to-do" }),
    activate: () => note("activate", answers.activate ?? { kind: "held" }),
    watch: () => note("watch", answers.watch ?? { kind: "healthy" }),
    commit: () => note("commit", { kind: "committed" }),
    revert: () => note("revert", revert === "stuck" ? { kind: revert, why: "x" } : { kind: revert }),
  };
  const hook = async (name: string, problem: Error | undefined) => {
    await note(name, undefined);
    if (problem) throw problem;
  };
  const member = new Hooked(inner, {
    before: () => hook("before", answers.before),
    after: () => hook("after", answers.after),
  });
  return { member, log };
}

describe("commands around a change", () => {
  test("none where there is nothing to do", async () => {
    const { member, log } = scene();
    await member.prepare(new AbortController().signal);
    await member.revert();
    assert.deepEqual(log, ["prepare", "revert"]);
  });

  test("before and after it; and not again when it is watched and committed", async () => {
    const { member, log } = scene();
    assert.deepEqual(await member.activate(), { kind: "held" });
    await member.watch(1);
    await member.commit();
    assert.deepEqual(log, ["before", "activate", "after", "watch", "commit"]);
  });

  test("one before it fails: not changed, and undrained", async () => {
    const { member, log } = scene({ before: new Error("no pool") });
    assert.deepEqual(await member.activate(), { kind: "failed", why: "no pool", now: "back" });
    assert.deepEqual(log, ["before", "revert", "after"]);
  });

  test("the change fails: undrained", async () => {
    const failed = { kind: "failed", why: "x", now: "back" } as const;
    const { member, log } = scene({ activate: failed });
    assert.deepEqual(await member.activate(), failed);
    assert.deepEqual(log, ["before", "activate", "after"]);
  });

  test("one after it fails: the host goes back, and what is left to undrain is said", async () => {
    const { member, log } = scene({ after: new HostError("web-1", "no pool", { state: "state" }) });
    const answer = await member.activate();
    const still = "It has the old version, but a command of `after` failed.";
    const why = `no pool\n${still} If a command of \`before\` drained the host, it still is: no pool`;
    assert.deepEqual(answer, { kind: "failed", why, now: "stuck" });
    assert.deepEqual(log, ["before", "activate", "after", "revert", "after"]);
  });

  test("lost in between, and found healthy: undrained once", async () => {
    const { member, log } = scene({ activate: { kind: "lost", why: "x" } });
    assert.deepEqual(await member.activate(), { kind: "lost", why: "x" });
    assert.deepEqual(await member.watch(0), { kind: "healthy" });
    await member.watch(0);
    assert.deepEqual(log, ["before", "activate", "watch", "after", "watch"]);
  });

  test("lost in between, found healthy, and one after it fails: unhealthy, so that it goes back", async () => {
    const { member, log } = scene({ activate: { kind: "lost", why: "x" }, after: new Error("no pool") });
    await member.activate();
    assert.deepEqual(await member.watch(0), { kind: "unhealthy", why: "no pool" });
    assert.deepEqual(log, ["before", "activate", "watch", "after"]);
  });

  test("one before it fails, and the host can't go back: both are said", async () => {
    const { member, log } = scene({ before: new Error("no pool"), revert: "stuck" });
    assert.deepEqual(await member.activate(), { kind: "failed", why: "no pool\nx", now: "stuck" });
    assert.deepEqual(log, ["before", "revert"]);
  });

  test("lost in between, and gone back by itself: undrained", async () => {
    const reverted = { kind: "reverted", why: "alone", now: "back" } as const;
    const { member, log } = scene({ activate: { kind: "lost", why: "x" }, watch: reverted });
    await member.activate();
    assert.deepEqual(await member.watch(0), reverted);
    await member.revert();
    assert.deepEqual(log, ["before", "activate", "watch", "after", "revert"]);
  });

  test("given up while one before it runs: it is not changed after that, and undrained", async () => {
    const { member, log } = scene();
    const activated = member.activate();
    assert.deepEqual(await member.revert(), { kind: "reverted" });
    assert.equal((await activated).kind, "failed");
    assert.deepEqual(log, ["before", "revert", "after"]);
  });

  test("reverted because of others: it is undrained already", async () => {
    const { member, log } = scene();
    await member.activate();
    await member.revert();
    assert.deepEqual(log, ["before", "activate", "after", "revert"]);
  });

  test("a revert that fails is told as that, and the host stays drained", async () => {
    const { member, log } = scene({ activate: { kind: "lost", why: "x" }, revert: "stuck" });
    await member.activate();
    assert.deepEqual(await member.revert(), { kind: "stuck", why: "x" });
    assert.deepEqual(log, ["before", "activate", "revert"]);
  });
});
