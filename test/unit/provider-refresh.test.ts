import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HostError } from "../../host/errors.ts";
import type { Pool } from "../../host/ssh/pool.ts";
import { type Context, apply, importSet, refresh } from "../../provider/operations.ts";
import { emptyOutputs } from "../../provider/state.ts";
import { Unfinished } from "../../provider/unfinished.ts";
import { newRun } from "../../provider/rollout.ts";
import { Survey } from "../../provider/survey.ts";
import type { WireObject } from "../../provider/wire.ts";

const set = (manager: "system" | "user"): WireObject => ({
  connection: { address: "192.0.2.11" },
  name: "web",
  manager,
  user: "test",
  units: { "web.service": "[Service]\n" },
});
const { connection, ...applied } = set("system");
assert.ok(connection);
const properties: WireObject = { ...applied, owner: "urn:web", unitStates: {} };

/** A login that ends so, while another host answers or not; and the warnings. */
async function world(thrown: Error, othersAnswer = true): Promise<{ context: Context; warnings: string[] }> {
  const warnings: string[] = [];
  const survey = new Survey({ next: 10, step: 5 });
  if (othersAnswer) await survey.look("urn:other", "other", () => Promise.resolve("seen"));
  const context = {
    pool: { connect: () => Promise.reject(thrown) } as unknown as Pool,
    connection: {},
    progress: { doing: () => undefined, note: () => undefined },
    warn: (says: string) => void warnings.push(says),
    survey,
    run: newRun({ cancel: new AbortController().signal, gone: new AbortController().signal }),
  };
  return { context, warnings };
}

const read = (context: Context, manager: "system" | "user" = "system", before = properties) =>
  refresh(context, "urn:web", "id", set(manager), { ...before, manager });
const unreachable = new HostError("h", "no SSH connection.", { reason: "unreachable", cure: "Check it." });
const noAccount = new HostError("h", 'there is no account "test".', { reason: "no-account" });

describe("a refresh of a host", () => {
  test("that can't be reached while others can: the state as it was, a note and a warning", async () => {
    const { context, warnings } = await world(unreachable);
    assert.deepEqual(await read(context), {
      id: "id",
      inputs: set("system"),
      properties: { ...properties, unseen: "h: no SSH connection." },
    });
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /^h: no SSH connection\.\n[^]*passed this host over/);
    assert.equal(context.survey.takePassedOver("urn:web"), true);
  });

  test("that is passed over twice has the same note, and keeps that something is pending", async () => {
    const { context } = await world(unreachable);
    const before = { ...properties, pending: "h: it broke off." };
    const once = await read(context, "system", before);
    assert.deepEqual(once?.properties, { ...before, unseen: "h: no SSH connection." });
    assert.deepEqual(await read(context, "system", once?.properties), once);
  });

  test("that can't be reached, as no other can: an error that keeps no state", async () => {
    const { context, warnings } = await world(unreachable, false);
    await assert.rejects(
      read(context),
      (error: Error) => !(error instanceof Unfinished) && /No host has answered/.test(error.message),
    );
    assert.deepEqual(warnings, []);
  });

  for (const thrown of [
    new HostError("h", "its host key is another one."),
    new HostError("h", "systemd-run is not there.", { reason: "no-systemd" }),
    new Error("the private key can't be read"),
  ])
    test(`an error, as ${thrown.message}`, async () => {
      const { context } = await world(thrown);
      await assert.rejects(read(context), (error: Error) => {
        assert.ok(!(error instanceof Unfinished));
        assert.equal(
          error.message,
          `${thrown.message}\nThe refresh could not look at it, so the run fails. Its state stays as it was.`,
        );
        return true;
      });
      assert.equal(context.survey.takePassedOver("urn:web"), false);
    });

  test("without the account: a set of its manager is gone, and of one of the host's that is what differs", async () => {
    const { context, warnings } = await world(noAccount, false);
    assert.equal(await read(context, "user"), undefined);
    assert.deepEqual(await read(context), {
      id: "id",
      inputs: set("system"),
      properties: { ...properties, drift: { "192.0.2.11": "no account: test" } },
    });
    assert.deepEqual(warnings, []);
  });
});

test("an import that can't look at the host is an error, and brings nothing into the state", async () => {
  for (const thrown of [unreachable, noAccount]) {
    const { context } = await world(thrown);
    await assert.rejects(
      importSet(context, "urn:web", "root@h:22/user/test/web"),
      (error) => error === thrown,
    );
  }
});

describe("an operation that breaks in the middle", () => {
  const broken = new HostError("h", "the connection was lost.", { leaves: "unknown", cure: "Try again." });
  const pending = "h: the connection was lost.";
  const next = { ...set("system"), units: { "web.service": "[Service]\nA=b\n" } };

  for (const [what, before, kept] of [
    ["an update: what the host had before", { inputs: set("system"), properties }, properties],
    ["a create: nothing that could be somebody else's", undefined, emptyOutputs("urn:web", next)],
  ] as const)
    test(`${what}, and that something is pending`, async () => {
      const { context } = await world(broken);
      await assert.rejects(apply(context, "urn:web", "id", before, next), (error) => {
        assert.ok(error instanceof Unfinished);
        assert.deepEqual(error.state, { id: "id", inputs: next, properties: { ...kept, pending } });
        return true;
      });
    });

  test("keeps no state where it has changed nothing", async () => {
    const refused = await world(unreachable);
    await assert.rejects(
      apply(refused.context, "urn:web", undefined, undefined, set("system")),
      (error) => error === unreachable,
    );
  });
});
