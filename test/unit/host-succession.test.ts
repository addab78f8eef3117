import assert from "node:assert/strict";
import { test } from "node:test";
import type { HostMember } from "../../host/transaction/member.ts";
import { Succession } from "../../host/transaction/succession.ts";
import type { Member } from "../../rollout/member.ts";

/** A fake of one of the two transactions: each call that is not given succeeds, and all calls are recorded. */
function fake(name: string, asked: string[], answers: Partial<Member> = {}): HostMember {
  const says =
    <T>(verb: string, answer: T) =>
    (): Promise<T> => {
      asked.push(`${name} ${verb}`);
      return Promise.resolve(answer);
    };
  return {
    ...{ name: "web-1", host: "192.0.2.1:22", tags: [], leaves: name === "former", has: "old" },
    prepare: says("prepare", { kind: "prepared", has: "old" }),
    activate: says("activate", { kind: "held" }),
    watch: says("watch", { kind: "healthy" }),
    commit: says("commit", { kind: "committed" }),
    revert: says("revert", { kind: "reverted", now: "back" }),
    ...answers,
  } as unknown as HostMember;
}

const stuck = () => Promise.resolve({ kind: "stuck", why: "no space" }) as ReturnType<Member["revert"]>;

async function prepared(former: Partial<Member>, next: Partial<Member>) {
  const asked: string[] = [];
  const both = new Succession(fake("former", asked, former), fake("next", asked, next));
  const answer = await both.prepare(new AbortController().signal);
  asked.length = 0;
  return { both, answer, asked };
}

test("the former goes, the new one comes; the new one is committed first", async () => {
  const { both, answer, asked } = await prepared({}, {});
  assert.deepEqual(answer, { kind: "prepared", has: "old" });
  assert.equal((await both.activate()).kind, "held");
  assert.equal((await both.commit()).kind, "committed");
  assert.deepEqual(asked, ["former activate", "next activate", "next commit", "former commit"]);
});

test("nothing to do for both is nothing to do", async () => {
  const nothing = { prepare: () => Promise.resolve({ kind: "nothing-to-do" } as const) };
  assert.deepEqual((await prepared(nothing, nothing)).answer, { kind: "nothing-to-do" });
});

test("the former refuses: the new one is released; if it can't be, that is an error", async () => {
  const refuses = { prepare: () => Promise.resolve({ kind: "busy", who: "somebody" } as const) };
  assert.deepEqual((await prepared(refuses, {})).answer, { kind: "busy", who: "somebody" });
  await assert.rejects(prepared(refuses, { revert: stuck }), /no space/);
});

const reverted = { kind: "reverted", why: "it ended", now: "back" } as const;

for (const [what, fate, ask] of [
  [
    "the new one fails while it is activated",
    { activate: () => Promise.resolve({ kind: "failed", why: "no start", now: "back" } as const) },
    (both: Succession) => both.activate(),
  ],
  [
    "the new one has reverted by itself",
    { watch: () => Promise.resolve(reverted) },
    (both: Succession) => both.watch(0),
  ],
  [
    "the new one has reverted before the commit",
    { commit: () => Promise.resolve(reverted) },
    (both: Succession) => both.commit(),
  ],
] as const)
  test(`${what}: the former comes back`, async () => {
    const { both, asked } = await prepared({}, fate);
    const answer = await ask(both);
    assert.equal("now" in answer && answer.now, "back");
    assert.equal(asked.at(-1), "former revert");
    const { both: worse } = await prepared({ revert: stuck }, fate);
    const worst = await ask(worse);
    assert.equal("now" in worst && worst.now, "stuck");
  });

test("the former can't be committed when the new one is: unknown, and both are named", async () => {
  const { both } = await prepared({ commit: () => Promise.resolve(reverted) }, {});
  const answer = await both.commit();
  assert.equal(answer.kind, "unknown");
  assert.match(
    "why" in answer ? answer.why : "",
    /both the former and the new units are on the host: it ended/,
  );
});
