import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Change, Diff } from "../../cli/review/change.ts";
import { type Frame, markdown } from "../../cli/review/markdown.ts";
import { limitOf, refusals } from "../../cli/review/max.ts";
import { type Effect, effects } from "../../provider/effects.ts";

const approval = {
  token: `qf1.${["c", "h", "i", "v", "s", "t"].map((one) => one.repeat(22)).join(".")}`,
  stamps: [],
};
const end = `\nApproval: \`${approval.token}\`\n`;
const frame: Frame = {
  stack: "production",
  limit: 65_536,
  link: undefined,
  refusals: [],
  warnings: [],
  approval,
};
const many = Array.from({ length: 97 }, (_, index) => `web-${index + 1}`);
const conf = 'files["/etc/quadlet-fleet/www/conf.d/default.conf"].content';

function changed(change: Partial<Change> = {}): Change {
  return {
    site: "www",
    op: "update",
    effects: [{ effect: "reloads", hosts: many, says: "reloads www.service" }],
    minutes: 61,
    diffs: [diff()],
    pending: undefined,
    drift: {},
    ...change,
  };
}

const happens = (effect: Effect, says: string, hosts = many) => ({ effects: [{ effect, hosts, says }] });

function diff(change: Partial<Diff> = {}): Diff {
  const lines = (body: string) => `server {\n  listen 80;\n  return 200 "${body}";\n}\n`;
  return { path: conf, kind: "update", before: lines("a"), after: lines("b"), isSecret: false, ...change };
}

test("one changed line on 97 hosts", () => {
  assert.equal(
    markdown([changed()], frame),
    `## production: 1 site changes (1 × reloads)

| site | hosts | what happens | at most |
| --- | --- | --- | --- |
| www | web-\\[1-97\\] | reloads | 61 min |

### www

\`\`\`diff
~ ${conf}
 server {
   listen 80;
-  return 200 "a";
+  return 200 "b";
 }
\`\`\`
${end}`,
  );
});

test("nothing to do", () => assert.equal(markdown([], frame), `## production: no changes\n${end}`));

test("without an approval: why, in one line", () => {
  const why = ["www: it has values\nthat are `known` later", "x".repeat(500)];
  const text = markdown([], { ...frame, approval: { why } });
  assert.match(text, /\n\nNo approval: www: it has values that are \\`known\\` later; x+\n$/);
  assert.ok(text.length < 250);
});

test("the worst comes first; dangers, what is pending and drift are lists of their own", () => {
  const text = markdown(
    [
      changed({
        pending: "web-3: unreachable",
        drift: { "web-1": "edited: /x", "web-2": "edited: /x" },
        effects: [
          { effect: "reloads", hosts: many, says: "reloads www.service" },
          { effect: "nothing", hosts: ["web-98"], says: "held back by `only`" },
        ],
      }),
      changed({
        site: "api",
        effects: [
          {
            effect: "gap",
            hosts: many,
            says: "closes and opens api.socket (0.0.0.0:80 refuses for a moment)",
          },
          { effect: "removes", hosts: ["web-99"], says: "loses web" },
        ],
        diffs: [],
      }),
      changed({
        site: "old",
        op: "delete",
        ...happens("removes", "is removed"),
        minutes: undefined,
        diffs: [],
      }),
    ],
    { ...frame, refusals: ["removed on 97 hosts"], warnings: ["careful"] },
  );
  assert.deepEqual(
    text.split("\n").filter((line) => /^(## |### |- \S|\| (old|api|www)|❌)/.test(line)),
    [
      "## production: 3 sites change (2 × removes, 1 × reloads)",
      "❌ removed on 97 hosts",
      "| api | web-\\[1-97,99\\] | **removed** | 61 min |",
      "| old | web-\\[1-97\\] | **removed** |  |",
      "| www | web-\\[1-97\\] | reloads | 61 min |",
      "### Removed, or does not answer for a moment",
      "- **api** on web-\\[1-97\\]: closes and opens api.socket (0.0.0.0:80 refuses for a moment)",
      "- **api** on web-99: loses web",
      "- **old** on web-\\[1-97\\]: is removed",
      "### Pending",
      "- **www**: web-3: unreachable",
      "### Drift",
      "- **www** on web-\\[1-2\\]: edited: /x",
      "### Warnings",
      "- careful",
      "### www",
    ],
  );
});

test("nobody is mentioned, no issue is linked", () => {
  const text = markdown([changed({ drift: { "web-1": "ping @octocat, see #1 https://x.example" } })], frame);
  assert.ok(text.includes("ping \\@\u200boctocat, see \\#\u200b1 https:\u200b//x.example"));
});

test("a list of hosts that does not fold is cut, and counted", () => {
  const hosts = Array.from({ length: 400 }, (_, index) => `host-${(index * 7919) % 10007}-of-${index * 31}`);
  const text = markdown([changed(happens("removes", "is removed", hosts))], { ...frame, limit: 3000 });
  assert.match(text, /- \*\*www\*\* on host-.*… \(400 hosts\): is removed/);
});

test("a link that leaves no room is left out", () => {
  const link = `https://x.example/${"x".repeat(2000)}`;
  const text = markdown([changed({ diffs: [diff({ after: "x\n".repeat(900) })] })], {
    ...frame,
    limit: 1000,
    link,
  });
  assert.ok(Buffer.byteLength(text) <= 1000);
  assert.match(text, /1 parts are left out/);
});

test("thousands of other lines take no time, and are counted", () => {
  const lines = (word: string) => Array.from({ length: 10_000 }, (_, index) => `${word} ${index}\n`).join("");
  const text = markdown([changed({ diffs: [diff({ before: lines("a"), after: lines("b") })] })], frame);
  assert.ok(text.includes(`~ ${conf}: 10000 → 10000 lines, too many changes to show`));
});

test("equal diffs are one", () => {
  const text = markdown([changed(), changed({ site: "api-1" }), changed({ site: "api-2" })], frame);
  assert.deepEqual(text.match(/^### .*$/gm), ["### api-\\[1-2\\], www"]);
});

test("a secret shows that it changes, and no more", () => {
  const text = markdown(
    [changed({ diffs: [diff({ before: undefined, after: undefined, isSecret: true })] })],
    frame,
  );
  assert.ok(text.includes(`~ ${conf}: [secret]\n`));
});

test("what a file holds stays in its block, and steers no terminal", () => {
  const after = "```\n# not a title\n\u001b[31m\u202e<img src=x>\n";
  const text = markdown([changed({ diffs: [diff({ after })], site: "<b>|x" })], frame);
  assert.ok(text.includes("````diff\n"));
  assert.ok(text.includes("### \\<b\\>\\|x\n"));
  assert.ok(!text.includes("\u001b") && !text.includes("\u202e"));
});

const change: fc.Arbitrary<Change> = fc.record({
  site: fc.string({ minLength: 1, unit: "grapheme" }),
  op: fc.constantFrom("create", "update", "delete"),
  effects: fc.array(
    fc.record({
      effect: fc.constantFrom(...effects),
      hosts: fc.array(fc.constantFrom(...many)),
      says: fc.string(),
    }),
  ),
  minutes: fc.option(fc.nat(), { nil: undefined }),
  diffs: fc.array(
    fc.record({
      path: fc.string(),
      kind: fc.constantFrom("add", "delete", "update"),
      before: fc.option(fc.string({ maxLength: 3000, unit: "grapheme" }), { nil: undefined }),
      after: fc.option(fc.string({ maxLength: 3000, unit: "grapheme" }), { nil: undefined }),
      isSecret: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
  pending: fc.option(fc.string(), { nil: undefined }),
  drift: fc.dictionary(fc.constantFrom(...many), fc.string()),
});

test("never more than the limit, and the same bytes for the same changes in any order", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(change, { maxLength: 30, selector: ({ site }) => site }),
      fc.integer({ min: 1000, max: 8000 }),
      fc.boolean(),
      (changes, limit, hasLink) => {
        const given = { ...frame, limit, link: hasLink ? "https://example.com/r" : undefined };
        const text = markdown(changes, given);
        assert.ok(Buffer.byteLength(text) <= limit);
        assert.equal(markdown(changes.toReversed(), given), text);
      },
    ),
    { numRuns: 200 },
  );
});

test("a thousand sites with as many diffs: what matters is on top, the rest is counted", () => {
  const all = Array.from({ length: 1000 }, (_, index) =>
    changed({
      site: `site-${index}`,
      ...happens(index === 999 ? "removes" : "reloads", ""),
      diffs: [diff({ after: `page ${index}\n`.repeat(20) })],
    }),
  );
  const text = markdown(all, { ...frame, link: "https://example.com/whole" });
  assert.ok(Buffer.byteLength(text) <= 65_536);
  assert.match(text, /^## production: 1000 sites change \(1 × removes, 999 × reloads\)\n/);
  assert.match(text, /\n\| site-999 \| .* \*\*removed\*\* /);
  assert.match(
    text,
    /\n\d+ parts are left out, as the review would be too long\. \[The whole review\]\(https/,
  );
});

describe("--max", () => {
  const thirty = many.slice(0, 30);
  const with_ = (...found: Change["effects"][number][]) => ({
    changes: [changed({ effects: found })],
    hosts: many,
    warnings: [],
  });
  const restarts = with_({ effect: "restarts", hosts: thirty, says: "" });
  const of = (max: string[], previewed: typeof restarts) => refusals(max.map(limitOf), previewed);
  test("within it", () => assert.deepEqual(of(["restarts=30", "removed=0", "gaps=0"], restarts), []));
  test("beyond it, with the hosts", () =>
    assert.deepEqual(of(["restarts=20%"], restarts), [
      "restarts on 30 of 97 hosts, and 19 are allowed (--max restarts=20%): web-[1-30]",
    ]));
  test("each effect counts, not only the worst", () => {
    const both = with_(
      { effect: "gap", hosts: thirty, says: "" },
      { effect: "removes", hosts: ["web-97"], says: "loses web" },
    );
    assert.deepEqual(of(["removed=1", "gaps=30", "restarts=30"], both), []);
    assert.equal(of(["removed=0", "gaps=29", "restarts=29"], both).length, 3);
  });
  test("what can't be told counts as a gap", () =>
    assert.equal(of(["gaps=0"], with_({ effect: "unknown", hosts: thirty, says: "" })).length, 1));
  test("what can't be read", () => {
    for (const given of ["restart=1", "restarts", "restarts=x", "restarts=1.5%"])
      assert.throws(
        () => limitOf(given),
        /^Error: --max ".*" is not a limit\. Write removed, gaps or restarts /,
      );
  });
});
