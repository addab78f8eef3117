import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readPreview } from "../../cli/review/preview.ts";

// What `review` reads from the JSON of a preview.

describe("what a preview says", () => {
  const urn = "urn:pulumi:production::p::quadlet:index:SocketActivatedNginx$quadlet:index:UnitSet::www";
  const type = "quadlet:index:UnitSet";
  const where = { "web-1": "root@a:22", "web-2": "root@b:22" };
  const files = (content: string) => ({ "/x": { content } });
  const preview = (step: object, diagnostics: object[] = []) =>
    readPreview(
      JSON.stringify({
        steps: [step, { op: "same", urn: "x", newState: { type, inputs: { where: { "db-1": "" } } } }],
        diagnostics,
      }),
    );
  const outlook = {
    lines: [
      {
        hosts: ["web-1", "web-2"],
        told: [{ effect: "reloads", says: "reloads www.service" }],
        who: "web-[1-2]",
      },
      { hosts: ["web-3"], told: [{ effect: "removes", says: "loses web" }], who: "web-3" },
    ],
    minutes: 51,
  };

  test("an update, as the provider foretells it", () => {
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
    const found = preview(step, [
      { urn, message: "something else", severity: "info" },
      { urn, message: `${JSON.stringify(outlook)}\n`, severity: "info" },
      { urn: "z", message: "{}", severity: "info" },
      { message: "warning: w", severity: "warning" },
    ]);
    const { planned: _, ...said } = found;
    void _;
    assert.deepEqual(said, {
      hosts: ["web-1", "web-2", "db-1"],
      warnings: ["w"],
      changes: [
        {
          site: "www",
          op: "update",
          effects: [
            { effect: "reloads", hosts: ["web-1", "web-2"], says: "reloads www.service" },
            { effect: "removes", hosts: ["web-3"], says: "loses web" },
          ],
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

  test("a removal", () => {
    const { changes } = preview({ op: "delete", urn, oldState: { type, inputs: { where }, outputs: {} } });
    assert.deepEqual(
      changes.map(({ effects: found }) => found),
      [[{ effect: "removes", hosts: ["web-1", "web-2"], says: "is removed" }]],
    );
  });

  test("what the provider can't foretell is not called nothing", () => {
    const { changes } = preview({ op: "create", urn, newState: { type, inputs: { where } } });
    assert.deepEqual(changes[0]?.effects, [{ effect: "unknown", hosts: ["web-1", "web-2"], says: "" }]);
  });

  describe("for an approval", () => {
    const approved = (content: string) => ({
      content,
      hosts: "h",
      images: "i",
      state: "s",
      version: "0.1.0",
    });
    const info = (message: unknown) => ({ urn, message: `${JSON.stringify(message)}\n`, severity: "info" });
    const planned = (step: object, diagnostics: object[]) => preview(step, diagnostics).planned[0];

    test("what the provider says last: a refresh has it say one before", () => {
      const step = { op: "update", urn, oldState: { type }, newState: { type } };
      const messages = [
        info({ approval: approved("one") }),
        info(outlook),
        info({ approval: approved("two") }),
      ];
      assert.deepEqual(planned(step, messages)?.approval, approved("two"));
      assert.equal(
        planned(step, [info({ approval: approved("one") }), info({ approval: null })])?.approval,
        null,
      );
      assert.equal(planned(step, [info(outlook), info(null)])?.approval, undefined);
    });

    test("of a removal nothing, though a refresh has it say something", () => {
      const step = { op: "delete", urn, oldState: { type } };
      assert.equal(planned(step, [info({ approval: approved("one") })])?.approval, undefined);
    });

    test("the steps of the refresh itself are left out", () => {
      const { planned: found, changes } = preview({
        op: "refresh",
        urn,
        oldState: { type },
        newState: { type },
      });
      assert.deepEqual([found.map(({ op }) => op), changes], [["same"], []]);
    });
  });
});
