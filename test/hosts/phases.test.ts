import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Cause, openDeployments } from "./support/deployments.ts";
import { eventually } from "./support/eventually.ts";

// What a host does by itself if it loses its coordinator before the decision: it has the old version, as the table in
// docs/interruptions.md says. The next phases are in held.test.ts.

const {
  host,
  now,
  mute,
  silence,
  start,
  stoppedAt,
  wanted,
  underRequests,
  cut,
  killed,
  scriptKilled,
  powerLoss,
  isServed,
  isOld,
  isNew,
  record,
  lines,
} = await openDeployments("phases");

describe("while it is prepared", () => {
  const stopped = async (cause: Cause) => {
    const deployment = start(100);
    const work = () => deployment.prepare();
    assert.notEqual((await stoppedAt(1, work, () => cause(deployment))).kind, "prepared");
    await deployment.end();
  };
  for (const [what, cause, because] of [
    ["the connection ends: released", cut, "alone"],
    ["all of it is killed: released", killed, "killed"],
    ["the script is killed: released", scriptKilled, "killed"],
  ] as const)
    test(what, () => underRequests(() => stopped(cause).then(() => isOld(because))));

  test("the power goes: released by the boot", async () => {
    await stopped(powerLoss);
    await host.boot();
    await isOld("boot");
  });
});

describe("prepared", () => {
  for (const [what, cause, because] of [
    ["the connection ends: released", cut, "alone"],
    ["the script is killed: released", scriptKilled, "killed"],
  ] as const)
    test(what, () =>
      underRequests(async () => {
        const deployment = start(100);
        await deployment.prepared();
        await isServed(now.served);
        await cause(deployment);
        await isOld(because);
        await deployment.end();
      }),
    );

  test("nothing is heard for a minute: released", async () => {
    const deployment = start(100);
    await deployment.prepared();
    await silence(async () => {
      await sleep(50_000);
      assert.equal(await record(), "open asked");
      await isOld("alone");
    });
    await deployment.end();
  });

  test("the power goes: released by the boot", async () => {
    const deployment = start(100);
    await deployment.prepared();
    await host.powerLoss();
    await host.boot();
    await isOld("boot");
    await deployment.end();
  });

  test("another one comes: it is told that the set is busy, and with whom", async () => {
    const [first, second] = [start(), start()];
    await first.prepared();
    const answer = await second.prepare();
    assert.equal(answer.kind, "busy");
    assert.match(answer.kind === "busy" ? answer.who : "", /^the set "example2" \(\S+@\S+, since /);
    assert.deepEqual(await first.member.revert(), { kind: "reverted" });
    await Promise.all([first.end(), second.end()]);
    await isOld("asked");
  });
});

describe("while it is activated", () => {
  /** Stopped when the new files are in their places. */
  const stopped = async (cause: Cause, grace: number) => {
    const deployment = start(grace);
    await deployment.prepared();
    const at = (await lines()) + 1;
    const work = () => deployment.member.activate();
    return { deployment, answer: await stoppedAt(at, work, () => cause(deployment)) };
  };

  test("the connection ends: it is activated all the same, held for the grace time, and goes back", () =>
    underRequests(async () => {
      const { deployment, answer } = await stopped(cut, 4);
      assert.equal(answer.kind, "lost");
      await eventually(() => isServed(now.page));
      await isOld("alone");
      await deployment.end();
    }));

  test("nothing is heard for a minute: the same", () =>
    underRequests(async () => {
      let speak: (() => Promise<unknown>) | undefined;
      const { deployment, answer } = await stopped(async () => {
        speak = await mute();
      }, 2);
      // This side notices it after 20 s (host/ssh/connection.ts).
      assert.equal(answer.kind, "lost");
      await isServed(now.page);
      await sleep(20_000);
      await isOld("alone");
      await speak?.();
      await deployment.end();
    }));

  test("the connection ends, and the coordinator comes back: it decides", () =>
    underRequests(async () => {
      const { deployment, answer } = await stopped(cut, 100);
      assert.equal(answer.kind, "lost");
      assert.deepEqual(await deployment.member.watch(1), { kind: "healthy" });
      assert.deepEqual(await deployment.member.commit(), { kind: "committed" });
      await deployment.end();
      await isNew();
    }));

  for (const [what, cause] of [
    ["all of it is killed: the old version", killed],
    ["the script is killed: the old version", scriptKilled],
  ] as const)
    test(what, () =>
      underRequests(async () => {
        const { deployment, answer } = await stopped(cause, 100);
        assert.equal(answer.kind, "lost");
        assert.equal((await deployment.member.watch(0)).kind, "reverted");
        await deployment.end();
        await isOld("killed");
      }),
    );

  test("all of it is killed while the entry point of the stand-in is at work: the old version", () =>
    underRequests(async () => {
      const desired = wanted();
      const entrypoint = `Entrypoint=["sh", "-c", "sleep 5; exec nginx -g 'daemon off;'"]`;
      const files = desired.files.map((file) => ({
        ...file,
        content: file.content.replace("[Container]\n", `[Container]\n${entrypoint}\n`),
      }));
      const deployment = start(100, { ...desired, files });
      await deployment.prepared();
      const answer = deployment.member.activate();
      await eventually(() => host.run(["systemctl", "is-active", "example2-handover.service"]));
      await killed(deployment);
      assert.equal((await answer).kind, "lost");
      await deployment.end();
      await isOld("killed");
    }));

  test("the power goes: the old version after the boot", async () => {
    const { deployment } = await stopped(powerLoss, 100);
    await host.boot();
    await eventually(async () => assert.equal(await record(), "reverted boot"));
    assert.equal((await deployment.member.watch(0)).kind, "reverted");
    await deployment.end();
    await isOld("boot");
  });
});
