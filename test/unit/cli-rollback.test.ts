import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { changesOf } from "../../cli/rollback/changes.ts";
import { versionBefore } from "../../cli/rollback/version-before.ts";

// Which version `quadlet-fleet rollback` brings back, and what it prints about it.

const text = (page: string) => `${JSON.stringify({ files: { "/etc/x": { content: page } } })}\n`;
const version = (page: string) => ({ text: page && text(page), images: new Map<string, string>() });
const kept = (now: string, former: string) => ({ now: version(now), former: version(former) });

describe("the version before", () => {
  test("all hosts have the same", () => {
    const found = new Map([
      ["web-1", kept("two", "one")],
      ["web-2", kept("two", "one")],
    ]);
    assert.equal(versionBefore(found, text("two")), text("one"));
  });

  test("a host whose update had failed has it already", () => {
    const found = new Map([
      ["web-1", kept("two", "one")],
      ["web-2", kept("one", "zero")],
    ]);
    assert.equal(versionBefore(found, text("two")), text("one"));
  });

  for (const [what, hosts, message] of [
    [
      "none before",
      { "web-1": kept("two", ""), "web-2": kept("two", "one") },
      /^There is no previous version on web-1:/,
    ],
    [
      "rolled back already",
      { "web-1": kept("one", "two") },
      /^No host has the version of the stack: web-1\./,
    ],
    [
      "another one before",
      { "web-1": kept("two", "one"), "web-2": kept("two", "other") },
      /: web-2 differ from web-1\./,
    ],
    [
      "another one now",
      { "web-1": kept("two", "one"), "web-2": kept("three", "two") },
      /: web-2 differ from web-1\./,
    ],
    ["nothing there", { "web-1": kept("two", "one"), "web-2": kept("", "") }, /: web-2 differ from web-1\./],
  ] as const)
    test(`${what}: it is refused, with the hosts`, () => {
      assert.throws(() => versionBefore(new Map(Object.entries(hosts)), text("two")), { message });
    });
});

test("what changes, a property a line", () => {
  const outputs = {
    units: { "a.socket": "1" },
    files: { "/etc/x": { content: "two" } },
    drift: { "web-1": "edited" },
  };
  const inputs = { units: {}, files: { "/etc/x": { content: "one" }, "/etc/y": { content: "" } } };
  assert.deepEqual(changesOf({ inputs: {}, properties: outputs }, inputs), [
    '  - units["a.socket"]',
    '  ~ files["/etc/x"].content',
    '  + files["/etc/y"]',
  ]);
});
