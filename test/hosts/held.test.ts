import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openDeployments } from "./support/deployments.ts";
import { eventually } from "./support/eventually.ts";

// What a host does by itself if it loses its coordinator while it is held: it returns to the old version, as the table in
// docs/interruptions.md says. The next phases are in decided.test.ts.

const {
  host,
  stack,
  now,
  silence,
  start,
  underRequests,
  killed,
  scriptKilled,
  isServed,
  isAtRest,
  isOld,
  isNew,
  record,
  detached,
} = await openDeployments("held");

describe("held", () => {
  const held = async (grace: number) => {
    const deployment = start(grace);
    await deployment.held();
    await isServed(now.page);
    return deployment;
  };

  test("the connection ends: it goes back after the grace time", () =>
    underRequests(async () => {
      const deployment = await held(3);
      await deployment.cut();
      await detached();
      await isServed(now.page);
      await isOld("alone");
      await deployment.end();
    }));

  for (const [what, decide, end] of [
    ["commits", "commit", isNew],
    ["reverts", "revert", () => isOld("asked")],
  ] as const)
    test(`the connection ends, and the coordinator comes back and ${what}`, () =>
      underRequests(async () => {
        const deployment = await held(100);
        await deployment.cut();
        // The member notices the lost connection when it is asked next.
        await eventually(async () => {
          const { kind } = await deployment.member[decide]();
          assert.equal(kind, decide === "commit" ? "committed" : "reverted");
        });
        await deployment.end();
        await end();
      }));

  test("the connection ends, and somebody only looks: it goes on waiting", () =>
    underRequests(async () => {
      const deployment = await held(100);
      await deployment.cut();
      await detached();
      assert.equal((await deployment.peek()).set?.last?.outcome, "open");
      await isServed(now.page);
      assert.equal(await record(), "open asked");
      await eventually(async () => assert.deepEqual(await deployment.member.commit(), { kind: "committed" }));
      await deployment.end();
      await isNew();
    }));

  test("the connection ends, and another run comes: it need not wait for the grace time", () =>
    underRequests(async () => {
      const deployment = await held(100);
      await deployment.cut();
      await detached();
      const other = start();
      await other.prepared();
      // The record is that of the former run until there is a new one.
      assert.equal(await record(), "open asked");
      await isServed(now.served);
      assert.equal((await deployment.member.commit()).kind, "unknown");
      assert.notEqual((await deployment.member.commit()).kind, "committed");
      await deployment.end();
      await other.member.revert();
      await other.end();
      await isOld("asked");
    }));

  test("another run comes while the coordinator is there: busy", async () => {
    const [deployment, other] = [await held(100), start()];
    assert.equal((await other.prepare()).kind, "busy");
    await other.end();
    assert.deepEqual(await deployment.member.revert(), { kind: "reverted" });
    await deployment.end();
    await isOld("asked");
  });

  for (const [what, cause] of [
    ["all of it is killed: the old version", killed],
    ["the script is killed: the old version", scriptKilled],
  ] as const)
    test(what, () =>
      underRequests(async () => {
        const deployment = await held(100);
        await cause(deployment);
        await eventually(async () => assert.equal(await record(), "reverted killed"));
        const lost = await deployment.member.commit();
        assert.equal(lost.kind, "unknown");
        assert.equal((await deployment.member.commit()).kind, "reverted");
        await deployment.end();
        await isOld("killed");
      }),
    );

  test("the power goes: the old version after the boot", async () => {
    const deployment = await held(100);
    await host.powerLoss();
    await host.boot();
    await isOld("boot");
    await deployment.end();
  });

  test("what was activated ends: it is seen to be unhealthy", async () => {
    const deployment = await held(100);
    assert.deepEqual(await deployment.member.watch(1), { kind: "healthy" });
    await host.run(["systemctl", "stop", "example2.socket", "example2.service"]);
    assert.equal((await deployment.member.watch(5)).kind, "unhealthy");
    assert.deepEqual(await deployment.member.revert(), { kind: "reverted" });
    await deployment.end();
    await isOld("asked");
  });
});

test("nothing is heard for a minute: it is held for the grace time, and goes back", () =>
  underRequests(async () => {
    const deployment = start(2);
    await deployment.held();
    await silence(async () => {
      await sleep(50_000);
      await isServed(now.page);
      await isOld("alone");
    });
    await deployment.end();
  }));

test("after all of that, a refresh finds nothing but the other page, and the next up brings the first one back", async () => {
  await stack.run(["refresh", "--yes", "--skip-preview"]);
  await stack.up();
  await isServed(0);
  await isAtRest();
  await stack.expectNoChanges();
});
