import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { describe, test } from "node:test";
import { changesOf } from "../../cli/rollback/changes.ts";
import { lookAtVersions } from "../../cli/rollback/look.ts";
import { versionBefore } from "../../cli/rollback/version-before.ts";
import type { DeployedSet } from "../../cli/stack.ts";
import { Stop } from "../../cli/stop.ts";
import { nothingKnown } from "../../provider/fleet.ts";
import type { Before } from "../../provider/operations/context.ts";
import { waysOf } from "../../provider/where.ts";
import { type Wire, type WireObject, secret } from "../../provider/wire.ts";
import { desired } from "./host-plan-facts.ts";
import { Keyring } from "./ssh-keys.ts";

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
      { "web-1": kept("one", "two"), "web-2": kept("one", "two") },
      /^The site was rolled back already: the hosts have the previous version, and `pulumi up` deploys the newer /,
    ],
    [
      "rolled back to different versions",
      { "web-1": kept("one", "two"), "web-2": kept("zero", "two") },
      /^No host has the version of the stack: web-\[1-2\]\./,
    ],
    [
      "versions that the stack does not know",
      { "web-1": kept("one", "two"), "web-2": kept("one", "zero") },
      /^No host has the version of the stack: web-\[1-2\]\./,
    ],
    ["nothing at all", { "web-1": kept("", "two") }, /^No host has the version of the stack: web-1\./],
    ["no answers", {}, /^No host has the version of the stack: /],
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

test("no host answers: each is named, also if a rollout may leave such hosts out", async () => {
  using ring = new Keyring();
  ring.make("one");
  const gone = createServer().listen(0, "127.0.0.1");
  await once(gone, "listening");
  const { port } = gone.address() as AddressInfo;
  gone.close();
  const way = {
    ...{ address: "127.0.0.1", port, sshConfig: false },
    ...{ identityFile: ring.path("one"), hostKey: readFileSync(ring.path("one.pub"), "utf8").trim() },
  };
  const set: DeployedSet = {
    ...{ urn: "urn:web", before: { inputs: {}, properties: {} }, desired: desired() },
    known: { ...nothingKnown, ways: waysOf({ "web-1": way, "web-2": way }) },
    ...{ dropIns: [], hidden: [], credentials: {} },
  };
  const says = [
    "Nothing was rolled back.",
    `web-[1-2]: no SSH connection: connect ECONNREFUSED 127.0.0.1:${port}.`,
    "  Nothing was changed on it.",
    "  Check the address, the port and the host's sshd.",
  ].join("\n");
  for (const mayMiss of [true, false])
    await assert.rejects(lookAtVersions(set, ["web-1", "web-2"], mayMiss), new Stop(says));
});

describe("what changes", () => {
  const lines = (before: Partial<Before>, inputs: WireObject) =>
    changesOf({ inputs: {}, properties: {}, ...before }, inputs);
  const file = (content: Wire, more: WireObject = {}) => ({ files: { "/etc/x": { content, ...more } } });
  const page = (says: string) => `server {\n  listen 80;\n  root /srv;\n  return 200 "${says}";\n}\n`;

  test("each property with its changed lines, as in a review", () => {
    const properties = { units: { "a.socket": "1" }, ...file(page("two")), drift: { "web-1": "edited" } };
    const inputs = { units: {}, files: { "/etc/x": { content: page("one") }, "/etc/y": { content: "" } } };
    assert.deepEqual(lines({ properties }, inputs), [
      '  - units["a.socket"]: 1',
      '  ~ files["/etc/x"].content',
      "       listen 80;",
      "       root /srv;",
      '    -  return 200 "two";',
      '    +  return 200 "one";',
      "     }",
      '  + files["/etc/y"]: {"content":""}',
    ]);
  });

  const hidden = ['  ~ files["/etc/x"].content: [secret]'];
  for (const [what, now, recorded, former] of [
    ["the state has as a secret", file(secret("hunter2\n")), {}, file("old\n")],
    ["only the recorded inputs have as a secret", file("hunter2\n"), file(secret("x\n")), file("old\n")],
    ["the previous version has as a secret", file("new\n"), {}, file(secret("hunter2\n"))],
    ["is part of a secret", { files: secret({ "/etc/x": { content: "hunter2\n" } }) }, {}, file("old\n")],
  ] as [string, WireObject, WireObject, WireObject][])
    test(`no text that ${what}`, () => {
      assert.deepEqual(lines({ properties: now, inputs: recorded }, former), hidden);
    });

  test("no text that only the owner of its file may read, in one version or the other", () => {
    const [readable, own] = [file("new\n"), file("hunter2\n", { mode: "0600" })];
    for (const [now, former] of [
      [readable, own],
      [own, readable],
    ] as const)
      assert.deepEqual(lines({ properties: now }, former)[0], hidden[0]);
    assert.deepEqual(lines({ properties: {} }, own), [
      '  + files["/etc/x"]: {"content":"[secret]","mode":"0600"}',
    ]);
  });

  test("no secret in a list, or in an entry that is removed", () => {
    const services = { "a.service": { restartOn: ["x", secret("hunter2")] } };
    const text = lines({ properties: { services, ...file(secret("hunter2")) } }, {}).join("\n");
    assert.match(text, /^ {2}- files\["\/etc\/x"\]: \{"content":"\[secret\]"\}$/m);
    assert.doesNotMatch(text, /hunter2/);
  });

  test("a host's text can't control the terminal, or look like another property", () => {
    const hostile = "a\n\u001b[2J\u202e\n  ~ user: root\nb\u0007\r\n";
    const found = lines({ properties: file("a\n") }, file(hostile));
    assert.doesNotMatch(found.join(""), /[\p{Cc}\u202e]/u);
    assert.deepEqual(
      found.filter((line) => /^ {2}\S/.test(line)),
      ['  ~ files["/etc/x"].content'],
    );
  });

  test("at most some properties, lines and characters", () => {
    const many = (count: number, of: (at: number) => string) =>
      Array.from({ length: count }, (_, at) => of(at));
    const long = lines({ properties: file("a\n") }, file(many(100, (at) => `line ${at}\n`).join("")));
    assert.equal(long.length, 42);
    assert.equal(long.at(-1), "    … and 61 more lines");
    const units = Object.fromEntries(many(60, (at) => `${at}.socket`).map((name) => [name, "x"]));
    const wide = lines({}, { units });
    assert.deepEqual([wide.length, wide.at(-1)], [51, "  … and 10 more properties"]);
    assert.deepEqual(
      lines({ properties: file("a\n") }, file(`${"b".repeat(9999)}\n`)).map(({ length }) => length < 310),
      [true, true, true],
    );
  });
});
