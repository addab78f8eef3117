import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HostError } from "../../host/errors.ts";
import type { Target } from "../../host/ssh/endpoint.ts";
import type { Pool } from "../../host/ssh/pool.ts";
import { silent } from "../../host/transaction/progress.ts";
import { type Context, apply, importSet, refresh } from "../../provider/operations.ts";
import { Unfinished } from "../../provider/unfinished.ts";
import { newRun } from "../../provider/rollout.ts";
import { Survey } from "../../provider/survey.ts";
import type { WireObject } from "../../provider/wire.ts";

const set = (manager: "system" | "user"): WireObject => ({
  hosts: { "web-1": { address: "192.0.2.11" } },
  name: "web",
  manager,
  user: "test",
  units: { "web.service": "[Service]\n" },
});
const { hosts, ...applied } = set("system");
assert.ok(hosts);
const where = { "web-1": "192.0.2.11" };
const properties: WireObject = { ...applied, owner: "urn:web", unitStates: {}, where };

/** A login that fails with this error, while another host answers or not; and the warnings. */
async function world(thrown: Error, othersAnswer = true): Promise<{ context: Context; warnings: string[] }> {
  const warnings: string[] = [];
  const survey = new Survey({ next: 10, step: 5 });
  if (othersAnswer) await survey.look("urn:other", "other", () => Promise.resolve("seen"));
  const context = {
    pool: { connect: () => Promise.reject(thrown) } as unknown as Pool,
    connection: {},
    progress: silent,
    warn: (says: string) => void warnings.push(says),
    survey,
    run: newRun({ cancel: new AbortController().signal, gone: new AbortController().signal }),
  };
  return { context, warnings };
}

const read = (context: Context, manager: "system" | "user" = "system", before = properties) =>
  refresh(context, "urn:web", set(manager), { ...before, manager });
const unreachable = new HostError("h", "no SSH connection.", { reason: "unreachable", cure: "Check it." });
const noAccount = new HostError("h", 'there is no account "test".', { reason: "no-account" });

describe("a refresh of a host", () => {
  test("that can't be reached while others can: the state as it was, a note and a warning", async () => {
    const { context, warnings } = await world(unreachable);
    assert.deepEqual(await read(context), {
      id: "web",
      inputs: set("system"),
      properties: { ...properties, unseen: "web-1: no SSH connection." },
    });
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /^web-1: no SSH connection\.\n[^]*left it out/);
    assert.equal(context.survey.takePassedOver("urn:web"), true);
  });

  test("that is passed over twice has the same note, and keeps that something is pending", async () => {
    const { context } = await world(unreachable);
    const exceptions = { "web-1": { has: "unknown", why: "it broke off" } };
    const before = { ...properties, exceptions, pending: "web-1: it broke off" };
    const once = await read(context, "system", before);
    assert.deepEqual(once?.properties, { ...before, unseen: "web-1: no SSH connection." });
    assert.deepEqual(await read(context, "system", once?.properties), once);
  });

  test("that can't be reached, as no other can: an error that keeps no state", async () => {
    const { context, warnings } = await world(unreachable, false);
    await assert.rejects(
      read(context),
      (error: Error) => !(error instanceof Unfinished) && /No host answered/.test(error.message),
    );
    assert.deepEqual(warnings, []);
  });

  for (const thrown of [
    new HostError("h", "its host key is another one."),
    new HostError("h", "systemd-run was not found.", { reason: "no-systemd" }),
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
      id: "web",
      inputs: set("system"),
      properties: { ...properties, drift: { "web-1": "no account: test" } },
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

describe("a refresh of several hosts", () => {
  const many = (...addresses: string[]) => ({
    ...set("system"),
    hosts: Object.fromEntries(addresses.map((address, index) => [`web-${index + 1}`, { address }])),
  });
  const known = (...addresses: string[]) => ({
    ...properties,
    where: Object.fromEntries(addresses.map((address, index) => [`web-${index + 1}`, address])),
  });

  test("none of which answers: each reason once, and the network once", async () => {
    const { context } = await world(unreachable, false);
    await assert.rejects(refresh(context, "urn:web", many("a", "b"), known("a", "b")), {
      message:
        "web-[1-2]: no SSH connection.\nNothing was changed on it.\nCheck it.\nNo host answered in this run: check the network of this machine first.\nThe refresh could not look at it, so the run fails. Its state stays as it was.",
    });
  });

  test("which another host answers for: they are named in short, and warned of once", async () => {
    const { context, warnings } = await world(unreachable);
    const state = await refresh(context, "urn:web", many("a", "b"), known("a", "b"));
    assert.equal(state?.properties.unseen, "web-[1-2]: no SSH connection.");
    assert.equal(warnings.length, 1);
  });

  test("tells how many it has looked at, without those that it leaves out", async () => {
    const { context } = await world(noAccount);
    const said: string[] = [];
    const connect = ({ address }: Target) => Promise.reject(address === "b" ? unreachable : noAccount);
    const pool = { connect } as unknown as Pool;
    const progress = { ...silent, doing: (says: string) => void said.push(says) };
    await refresh({ ...context, pool, progress }, "urn:web", many("a", "b", "c"), known("a", "b", "c"));
    assert.deepEqual(said, ["looked at 1 of 3 hosts", "looked at 2 of 3 hosts"]);
  });

  test("that are offline by the inventory, or that the set never reached: not looked at", async () => {
    const { context, warnings } = await world(unreachable, false);
    const inputs = {
      ...many("a"),
      hosts: { "web-1": { address: "a", state: "offline" }, "web-2": { address: "b" } },
    };
    const state = await refresh(context, "urn:web", inputs, known("a"));
    assert.deepEqual(state?.properties, known("a"));
    assert.deepEqual(warnings, []);
  });

  test("of which one is forgotten", async () => {
    const { context } = await world(unreachable);
    process.env.QUADLET_FLEET_FORGET = "web-2";
    const state = await refresh(context, "urn:web", many("a", "b"), known("a", "b"));
    delete process.env.QUADLET_FLEET_FORGET;
    assert.deepEqual(state?.properties.where, { "web-1": "a" });
    assert.equal(state?.properties.unseen, "web-1: no SSH connection.");
  });
});

describe("an operation that breaks in the middle", () => {
  const broken = new HostError("h", "the connection was lost.", { leaves: "unknown", cure: "Try again." });
  const notes = {
    exceptions: { "web-1": { has: "unknown", why: "the connection was lost." } },
    pending: "web-1: the connection was lost.",
  };
  const next = { ...set("system"), units: { "web.service": "[Service]\nA=b\n" } };

  for (const [what, before, kept] of [
    ["an update: what the host had before", { inputs: set("system"), properties }, properties],
    [
      "a create: nothing that could be another session's",
      undefined,
      {
        name: "web",
        manager: "system",
        user: "test",
        units: {},
        owner: "urn:web",
        unitStates: {},
        where,
      },
    ],
  ] as const)
    test(`${what}, and that something is pending`, async () => {
      const { context } = await world(broken);
      await assert.rejects(apply(context, "urn:web", before, next), (error) => {
        assert.ok(error instanceof Unfinished);
        assert.deepEqual(error.state, { id: "web", inputs: next, properties: { ...kept, ...notes } });
        return true;
      });
    });

  test("keeps no state where it has changed nothing", async () => {
    const refused = await world(unreachable);
    await assert.rejects(
      apply(refused.context, "urn:web", undefined, set("system")),
      (error) => error === unreachable,
    );
  });
});
