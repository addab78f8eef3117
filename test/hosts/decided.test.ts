import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Cause, openDeployments } from "./support/deployments.ts";
import { eventually } from "./support/eventually.ts";
import { committed } from "./support/hold.ts";

// What a host does by itself if it loses its coordinator during the commit or the revert: it has the old or the new version, as the table
// in docs/interruptions.md says, and never a mixture.

const {
  host,
  now,
  start,
  stoppedAt,
  underRequests,
  cut,
  killed,
  scriptKilled,
  powerLoss,
  isServed,
  isOld,
  isNew,
} = await openDeployments("decided");

describe("while it is committed, right before its journal goes", () => {
  const there = "/run/at-the-commit";
  /** The real sync, except that it waits when the record says "committed" and the journal is still there (steps.sh, step_commit). */
  const waiting = `#!/bin/sh
case $1 in */transaction.new) if grep -q ' committed ' "$1"; then : >${there}; sleep 60; fi ;; esac
exec /usr/bin/sync "$@"
`;
  const stopped = async (cause: Cause) => {
    const deployment = start(100);
    await host.write("/usr/local/bin/sync", waiting, { mode: "0755" });
    const answer = deployment.held().then(() => deployment.member.commit());
    await eventually(() => host.run(["test", "-e", there]));
    await host.run(["rm", "/usr/local/bin/sync", there]);
    await isServed(now.page);
    await cause(deployment);
    return { deployment, answer };
  };

  for (const [what, cause] of [
    ["all of it is killed: the old version", killed],
    ["the script is killed: the old version", scriptKilled],
  ] as const)
    test(what, () =>
      underRequests(async () => {
        const { deployment, answer } = await stopped(cause);
        assert.equal((await answer).kind, "unknown");
        assert.equal((await deployment.member.commit()).kind, "reverted");
        await deployment.end();
        await isOld("killed");
      }),
    );

  test("the power goes: the old version after the boot", async () => {
    const { deployment, answer } = await stopped(powerLoss);
    await host.boot();
    assert.equal((await answer).kind, "unknown");
    await deployment.end();
    await isOld("boot");
  });
});

describe("when it is committed", () => {
  /** Right after the commit: its journal is gone. */
  const stopped = async (cause: Cause) => {
    const deployment = start(100);
    const work = async () => {
      await deployment.held();
      return await deployment.member.commit();
    };
    return { deployment, answer: await stoppedAt(committed, work, () => cause(deployment)) };
  };
  /** The next transaction removes what was kept for a rollback, and has nothing else to do. */
  const isDone = async () => {
    // As long as the host itself still removes it, the set is busy, and a rollout tries again.
    await eventually(async () => {
      const next = start();
      const answer = await next.prepare();
      await next.end();
      assert.deepEqual(answer, { kind: "nothing-to-do" });
    });
    await isNew();
  };

  for (const [what, cause] of [
    ["the connection ends", cut],
    ["all of it is killed", killed],
    ["the script is killed", scriptKilled],
  ] as const)
    test(`${what}: the new version, and a coordinator that comes back is told so`, () =>
      underRequests(async () => {
        const { deployment, answer } = await stopped(cause);
        if (answer.kind !== "committed")
          assert.deepEqual(await deployment.member.commit(), { kind: "committed" });
        await deployment.end();
        await isDone();
      }));

  test("the power goes: the new version after the boot", async () => {
    const { deployment } = await stopped(powerLoss);
    await host.boot();
    await deployment.end();
    await eventually(() => isServed(now.page));
    await isDone();
  });
});

describe("while it is reverted", () => {
  const stopped = async (cause: Cause) => {
    const deployment = start(100);
    await deployment.held();
    const work = deployment.member.revert();
    // Waits until the new container is being stopped.
    await eventually(async () => {
      const state = ["show", "--property=ActiveState", "--value", "example2.service"];
      assert.notEqual((await host.run(["systemctl", ...state])).stdout, "active\n");
    });
    await cause(deployment);
    return { deployment, work };
  };

  for (const [what, cause, because] of [
    ["the connection ends", cut, "asked"],
    ["all of it is killed", killed, "killed"],
    ["the script is killed", scriptKilled, "killed"],
  ] as const)
    test(`${what}: the old version`, () =>
      underRequests(async () => {
        const { deployment, work } = await stopped(cause);
        await work;
        await deployment.end();
        await isOld(because);
      }));

  test("the power goes: the old version after the boot", async () => {
    const { deployment, work } = await stopped(powerLoss);
    await host.boot();
    await work;
    await deployment.end();
    await isOld("boot");
  });
});
