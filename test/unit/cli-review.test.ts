import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Change, Diff } from "../../cli/review/change.ts";
import { type Frame, markdown } from "../../cli/review/markdown.ts";
import { refusals } from "../../cli/review/max.ts";
import { readPreview } from "../../cli/review/preview.ts";
import { effectOf, effects } from "../../provider/effects.ts";

const frame: Frame = { stack: "production", limit: 65_536, link: undefined, refusals: [], warnings: [] };
const many = Array.from({ length: 97 }, (_, index) => `web-${index + 1}`);
const conf = 'files["/etc/quadlet-fleet/www/conf.d/default.conf"].content';

function changed(change: Partial<Change> = {}): Change {
  return {
    site: "www",
    op: "update",
    hosts: many,
    leaving: [],
    effect: "reloads",
    says: ["web-[1-97]: reloads www.service"],
    minutes: 61,
    diffs: [diff()],
    pending: undefined,
    drift: {},
    ...change,
  };
}

function diff(change: Partial<Diff> = {}): Diff {
  const lines = (body: string) => `server {\n  listen 80;\n  return 200 "${body}";\n}\n`;
  return { path: conf, kind: "update", before: lines("a"), after: lines("b"), isSecret: false, ...change };
}

test("one changed line on 97 hosts", () => {
  assert.equal(
    markdown([changed()], frame),
    `## production: 1 site changes (1 × reloads)

| site | hosts | what happens | longest |
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
`,
  );
});

test("nothing to do", () => assert.equal(markdown([], frame), "## production: no changes\n"));

test("the worst comes first; removals, gaps, what is pending and drift are lists of their own", () => {
  const gap = "web-[1-97]: closes and opens api.socket (0.0.0.0:80 refuses for a moment)";
  const text = markdown(
    [
      changed({ pending: "web-3: unreachable", drift: { "web-1": "edited: /x", "web-2": "edited: /x" } }),
      changed({ site: "api", effect: "gap", says: [gap], diffs: [] }),
      changed({ site: "old", op: "delete", effect: "removes", says: [], minutes: undefined, diffs: [] }),
    ],
    { ...frame, refusals: ["removed on 97 hosts"], warnings: ["careful"] },
  );
  assert.deepEqual(
    text.split("\n").filter((line) => /^(## |### |- \S|\| (old|api|www)|❌)/.test(line)),
    [
      "## production: 3 sites change (1 × removes, 1 × gap, 1 × reloads)",
      "❌ removed on 97 hosts",
      "| old | web-\\[1-97\\] | **removed** |  |",
      "| api | web-\\[1-97\\] | **refuses for a moment** | 61 min |",
      "| www | web-\\[1-97\\] | reloads | 61 min |",
      "### Removed, or refused for a moment",
      "- **old**: removed from web-\\[1-97\\]",
      "- **api**: web-\\[1-97\\]: closes and opens api.socket (0.0.0.0:80 refuses for a moment)",
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
  hosts: fc.array(fc.constantFrom(...many)),
  leaving: fc.array(fc.constantFrom(...many)),
  effect: fc.constantFrom(...effects),
  says: fc.array(fc.string()),
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
      effect: index === 999 ? "removes" : "reloads",
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

describe("what a preview says", () => {
  const urn = "urn:pulumi:production::p::quadlet:index:SocketActivatedNginx$quadlet:index:UnitSet::www";
  const type = "quadlet:index:UnitSet";
  const where = { "web-1": "root@a:22", "web-2": "root@b:22" };
  const files = (content: string) => ({ "/x": { content } });
  const preview = (step: object, diagnostics: object[] = []) =>
    readPreview(
      JSON.stringify({ steps: [step, { op: "same", urn: "x", newState: { type: "y" } }], diagnostics }),
    );

  test("an update, in the words of the provider", () => {
    const step = {
      op: "update",
      urn,
      oldState: {
        type,
        inputs: { where },
        outputs: { files: files("a\n"), units: { u: "[secret]" }, pending: "web-2: x" },
      },
      newState: { type, inputs: { where, files: files("b\n"), units: { u: "[secret]" } } },
      detailedDiff: {
        pending: { kind: "delete" },
        'units["u"]': { kind: "update" },
        'files["/x"].content': { kind: "update" },
      },
    };
    const message =
      "web-[1-2]: reloads www.service\nrollout: web-1, then web-2; at most 51 minutes; if a host fails, all go back\n";
    const found = preview(step, [
      { urn, message, severity: "info" },
      { urn: "z", message: "other", severity: "info" },
      { message: "warning: w", severity: "warning" },
    ]);
    assert.deepEqual(found, {
      hosts: ["web-1", "web-2"],
      warnings: ["w"],
      changes: [
        {
          site: "www",
          op: "update",
          hosts: ["web-1", "web-2"],
          leaving: [],
          effect: "reloads",
          says: ["web-[1-2]: reloads www.service"],
          minutes: 51,
          diffs: [
            { path: 'files["/x"].content', kind: "update", before: "a\n", after: "b\n", isSecret: false },
            { path: 'units["u"]', kind: "update", before: undefined, after: undefined, isSecret: true },
          ],
          pending: "web-2: x",
          drift: {},
        },
      ],
    });
  });

  test("a removal, and a host that leaves", () => {
    const gone = preview({ op: "delete", urn, oldState: { type, inputs: { where }, outputs: {} } });
    assert.deepEqual(
      gone.changes.map(({ effect, hosts }) => [effect, hosts]),
      [["removes", ["web-1", "web-2"]]],
    );
    const step = {
      op: "update",
      urn,
      oldState: { type, inputs: { where } },
      newState: { type, inputs: { where: { "web-1": "" } } },
    };
    const left = preview(step, [{ urn, message: "web-2: loses it", severity: "info" }]);
    assert.deepEqual(
      left.changes.map(({ effect, leaving }) => [effect, leaving]),
      [["removes", ["web-2"]]],
    );
  });
});

describe("the effect of what a preview says", () => {
  for (const [line, effect] of [
    ["web-1: reloads a.service", "reloads"],
    ["web-1: hands a.service over to its new version (no request waits)", "hands over"],
    ["web-1: restarts a.service (its sockets stay open)", "restarts"],
    ["web-1: closes and opens a.socket (0.0.0.0:80 refuses for a moment); starts a.service anew", "gap"],
    ["web-1: reloads a.service; stops b.service", "removes"],
    ["web-1: reloads a.service; closes b.socket", "gap"],
    ["web-1: opens a.socket; starts a.service", "starts"],
    ["web-[2-3]: gets it", "starts"],
    ["web-4: loses it", "removes"],
    ["web-1: a: moves to the host's service manager; its sockets refuse for a moment", "gap"],
    ["web-9: held back by `only`", "nothing"],
  ] as const)
    test(line, () => assert.equal(effectOf(line), effect));
});

describe("--max", () => {
  const found = {
    changes: [changed({ effect: "restarts", hosts: many.slice(0, 30) })],
    hosts: many,
    warnings: [],
  };
  test("within it", () => assert.deepEqual(refusals(["restarts=30", "removed=0", "gaps=0"], found), []));
  test("beyond it, with the hosts", () =>
    assert.deepEqual(refusals(["restarts=20%"], found), [
      "restarts on 30 of 97 hosts, and 19 are allowed (--max restarts=20%): web-[1-30]",
    ]));
  test("a host that leaves counts as removed", () =>
    assert.equal(
      refusals(["removed=0"], { ...found, changes: [changed({ leaving: ["web-1"] })] }).length,
      1,
    ));
  test("what can't be read", () =>
    assert.throws(() => refusals(["restart=1"], found), /--max restart=1: write removed, gaps, restarts/));
});
