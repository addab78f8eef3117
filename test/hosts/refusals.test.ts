import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { before, test } from "node:test";
import { makeProgram } from "./support/program.ts";
import { logins } from "./support/logins.ts";
import { openScene } from "./support/scene.ts";
import { example1, example2, hostEntry, listing, makeStack } from "./support/stack.ts";

// Bad input: a clear error in the preview, without a connection to the host.

const scene = await openScene("refuse", { registry: false });
const { fleet, host, stack } = scene;
let untouched: Map<string, string>;

before(async () => {
  untouched = await listing(host);
});

const site = (change: object) => ({ sites: { example2: { ...example2, ...change } } });

const cases: [string, object, RegExp][] = [
  ["an unknown key", site({ imgae: "x" }), /sites\.example2\.imgae: is not known\. Did you mean "image"\?/],
  ["port 70000", site({ listen: ["0.0.0.0:70000"] }), /sites\.example2\.listen\[0\]:.*70000/],
  [
    "a listen that no socket has",
    site({ nginx: { "default.conf": "server {\n  listen 8080;\n}\n" } }),
    /sites\.example2\.nginx: default\.conf:2: "listen 8080" binds 0\.0\.0\.0:8080, which no socket passes on.*example2\.socket, 0\.0\.0\.0:80: /,
  ],
  [
    "an image without a digest where one is demanded",
    site({ requireDigest: true }),
    /sites\.example2\.image:.*no digest/,
  ],
  [
    "a file that leaves its directory",
    site({ nginx: { "../../passwd": "x" } }),
    /sites\.example2\.nginx\["\.\.\/\.\.\/passwd"\]: a file name can't have a directory/,
  ],
  [
    "a newline in a value",
    site({ volumes: ["/a:/b\nExecStartPre=/bin/sh"] }),
    /sites\.example2\.volumes\[0\]:/,
  ],
  [
    "two sites on one port",
    { sites: { example2, again: { ...example2 } } },
    /units: (again|example2)\.socket listens on 0\.0\.0\.0:80, and so does (again|example2)\.socket of .* on the same host/,
  ],
  [
    "a name that is no unit name",
    { sites: { "exam ple": example2 } },
    /sites\["exam ple"\]: a name is letters/,
  ],
  [
    "a host that is not there",
    site({ hosts: ["web-2"] }),
    /"web-2" is not a host of this stack\. Did you mean "web-1"\?/,
  ],
  [
    "a user's manager without a user",
    { sites: { example1: { ...example1, user: undefined } } },
    /sites\.example1\.user: is missing/,
  ],
  [
    "a host key that is none",
    { hosts: { "web-1": { address: "192.0.2.1", hostKey: "AAAA" } } },
    /hosts\.web-1\.hostKey:/,
  ],
  [
    "a login in place of an address",
    { hosts: { "web-1": { address: "ssh://deploy@web-1:2222" } } },
    /hosts\.web-1\.address: must be the host alone\. Write address: "web-1", port: 2222, user: "deploy"\./,
  ],
  [
    "a login's name with a blank",
    { hosts: { "web-1": { address: "web-1", user: "two words" } } },
    /hosts\.web-1\.user: is not a valid account name/,
  ],
];

for (const [what, change, message] of cases) {
  test(what, async () => {
    scene.configure({ sites: {}, ...change });
    const { code, stdout, stderr } = await stack.run(["preview", "--diff"], { check: false });
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, message);
    assert.doesNotMatch(stdout + stderr, /\n\s+at .*\.ts:\d+/, "a stack trace is no message");
    assert.doesNotMatch(stdout + stderr, /<nil>/, "no value is no message either");
  });
}

test("what only the provider sees: an address of another resource that is a login", async () => {
  const source = `
const set = { name: "web", manager: "system", units: {} };
new UnitSet("web", { ...set, hosts: { "web-1": { address: pulumi.output("deploy@web-1:2222"), privateKey: "CANARY" } } });`;
  const directory = await makeProgram(source);
  await using program = await makeStack("refuse-program", directory);
  const { code, stdout, stderr } = await program.run(["preview"], { check: false });
  await rm(directory, { recursive: true });
  assert.notEqual(code, 0);
  assert.match(
    stdout + stderr,
    /hosts\["web-1"\]\.address: must be the host alone\. Write address: "web-1", port: 2222, user: "deploy"\./,
  );
  assert.doesNotMatch(stdout + stderr, /<nil>|CANARY/);
});

test("several at once are all told", async () => {
  stack.configure({
    hosts: { "web-1": { ...hostEntry(fleet, host), prot: 22 } },
    sites: { example2: { ...example2, imgae: "x", listen: "80", pull: "sometimes" } },
  });
  const { stdout, stderr } = await stack.run(["preview"], { check: false });
  for (const path of [
    "hosts.web-1.prot",
    "sites.example2.imgae",
    "sites.example2.listen",
    "sites.example2.pull",
  ]) {
    assert.ok((stdout + stderr).includes(`${path}:`), `${path}\n${stdout}${stderr}`);
  }
});

test("the host was not touched, and nobody logged in", async () => {
  assert.deepEqual(await listing(host), untouched);
  assert.deepEqual(await logins(host), []);
});
