import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { resourcesIn } from "../../cli/exported.ts";
import type { Found } from "../../cli/status/look.ts";
import { printed, sorted } from "../../cli/status/print.ts";
import { type Row, rowOf } from "../../cli/status/row.ts";
import type { DeployedSet } from "../../cli/stack.ts";
import type { Facts } from "../../host/facts/facts.ts";
import { nothingKnown } from "../../provider/fleet.ts";
import { secret } from "../../provider/wire.ts";
import { change, conf, desired, present, settled } from "./host-plan-facts.ts";

// What `quadlet-fleet status` makes of the state and of what the hosts say.

const web = desired();
const last = {
  outcome: "committed",
  cause: "asked",
  at: "2026-11-29T15:11:34+0000",
  who: "alice@laptop",
};
const set: DeployedSet = { urn: "urn:web", desired: web, known: nothingKnown, dropIns: [] };
const mark = { owner: "urn:web", paths: web.files.map(({ path }) => path), unfinished: false };

const host = (facts: Facts, more: object = {}): Facts => ({ ...facts, set: { ...mark, last, ...more } });
const found = (name: string, look: Found["look"], of = set): Found => ({
  ...{ set: of, host: name, where: "192.0.2.11", look },
});
const good = found("web-1", { facts: host(settled(web)) });

test("a host that is as it was deployed", () => {
  const row = rowOf(good);
  assert.deepEqual(row, {
    site: "web",
    host: "web-1",
    where: "192.0.2.11",
    state: "as deployed",
    version: row.deployed,
    deployed: row.deployed,
    images: ["registry.example/nginx:1"],
    active: { "web.socket": true, "web.service": true },
    since: last.at,
    by: "alice@laptop",
    outcome: "committed",
    cause: "asked",
    pending: null,
    drift: null,
    problem: null,
  } satisfies Row);
  assert.match(row.deployed, /^[0-9a-f]{12}$/);
});

test("docs/status.md has each key of --json, and each column", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/status.md"), "utf8");
  const documented = [...page.matchAll(/^\| `(\w+)` +\|/gm)].map(([, key]) => key);
  assert.deepEqual(documented.sort(), Object.keys(rowOf(good)).sort());
  const header = (text: string) =>
    text
      .split("\n")
      .find((line) => line.startsWith("SITE"))
      ?.split(/ +/);
  assert.deepEqual(header(page), header(printed([rowOf(good)])));
  const columns = [...page.matchAll(/^\| ([A-Z]+) +\|/gm)].map(([, column]) => column);
  assert.deepEqual(["SITE", "HOSTS", ...columns], header(page));
});

test("an edited file is another version, and a difference", () => {
  const row = rowOf(
    found("web-1", { facts: host(change(settled(web), conf, present("server { listen 81; }"))) }),
  );
  assert.equal(row.state, "differs");
  assert.notEqual(row.version, row.deployed);
  assert.match(row.drift ?? "", new RegExp(`edited: ${conf}`));
});

test("a version tells nothing of a secret file, and is the same wherever the account's home is", () => {
  const version = (content: string, secrets: string[]) => {
    const files = web.files.map((file) => (file.path === conf ? { ...file, content } : file));
    const other = { ...web, files, secrets };
    return rowOf(found("web-1", { facts: host(settled(other)) }, { ...set, desired: other })).version;
  };
  assert.equal(version("a guess", [conf]), version("the secret", [conf]));
  assert.notEqual(version("a guess", []), version("the secret", []));
  const placed = web.files.map((file) => ({
    ...file,
    placeholders: true,
    content: `# @HOME@\n${file.content}`,
  }));
  const at = (home: string) => {
    const own = { ...web, account: "test", files: placed };
    const filled = placed.map((file) => ({ ...file, content: file.content.replaceAll("@HOME@", home) }));
    const facts = { ...host(settled({ ...own, files: filled })), home };
    return rowOf(found("web-1", { facts }, { ...set, desired: own }));
  };
  assert.equal(at("/home/a").version, at("/home/b").version);
  assert.equal(at("/home/a").drift, null);
});

test("pending, offline, no answer, no account, nothing there", () => {
  const exceptions = { "web-1": { has: "old", why: "not changed yet" } } as const;
  const pending = { ...set, known: { ...nothingKnown, exceptions } };
  assert.equal(rowOf({ ...good, set: pending }).state, "pending");
  assert.equal(rowOf({ ...good, set: pending }).pending, "not changed yet");
  assert.equal(rowOf(found("web-1", "offline")).state, "offline");
  const dead = rowOf(found("web-1", { problem: "no SSH connection" }));
  assert.deepEqual([dead.state, dead.problem, dead.version], ["no answer", "no SSH connection", null]);
  const gone = rowOf(found("web-1", "no account", { ...set, desired: { ...web, account: "shop" } }));
  assert.deepEqual([gone.state, gone.drift], ["differs", "no account: shop"]);
  const { set: _, ...bare } = host(settled(web));
  void _;
  const nothing = rowOf(found("web-1", { facts: bare }));
  assert.deepEqual(
    [nothing.state, nothing.version, nothing.drift],
    ["differs", null, "nothing is there of: web"],
  );
});

test("what a host says does not steer the terminal", () => {
  const row = rowOf(
    found("web-1", { facts: host(settled(web), { last: { ...last, who: "\u001b[2Jmallory" } }) }),
  );
  assert.equal(row.by, "[2Jmallory");
});

test("the table: hosts with the same to say share a line, and below is what is wrong", () => {
  const later = { last: { ...last, at: "2026-11-29T15:14:02+0000" } };
  const rows = [
    good,
    found("web-2", { facts: host(settled(web), later) }),
    found("web-10", { facts: host(settled(web)) }),
    found("web-3", { problem: "no SSH connection: connect ECONNREFUSED." }),
    found("web-4", { problem: "no SSH connection: connect ECONNREFUSED." }),
    found("web-5", {
      facts: host(change(settled(web), conf, present("x")), {
        last: { ...last, outcome: "reverted", cause: "failed" },
      }),
    }),
  ].map(rowOf);
  const { version, deployed } = rows.at(-1) as Row;
  const table = printed(sorted(rows))
    .replaceAll(deployed, "0123456789ab")
    .replaceAll(version ?? "", "ba9876543210");
  assert.equal(
    table,
    `SITE  HOSTS         STATE        VERSION       IMAGE                     ACTIVE  SINCE                                 BY            LAST
web   web-[1-2,10]  as deployed  0123456789ab  registry.example/nginx:1  yes     2026-11-29 15:11 to 2026-11-29 15:14  alice@laptop  committed
web   web-[3-4]     no answer    -             registry.example/nginx:1  -       -                                     -             -
web   web-5         differs      ba9876543210  registry.example/nginx:1  yes     2026-11-29 15:11                      alice@laptop  reverted (failed)

No answer:
  web-[3-4]: web: no SSH connection: connect ECONNREFUSED.

Differs from what was deployed:
  web-5: web: edited: ${conf}
`,
  );
});

test("an exported stack: its secrets are marked, a nested one too, and an encrypted one is an error", () => {
  const sig = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
  const hosts = { "web-1": { address: "192.0.2.11", privateKey: "KEY" } };
  const resource = { urn: "urn:web", type: "quadlet:index:UnitSet", outputs: { name: "web", list: ["a"] } };
  const text = (inputs: object) => JSON.stringify({ deployment: { resources: [{ ...resource, inputs }] } });
  assert.deepEqual(resourcesIn(text({ hosts: { ...sig, plaintext: JSON.stringify(hosts) } })), [
    { ...resource, inputs: { hosts: secret(hosts) } },
  ]);
  assert.throws(() => resourcesIn(text({ hosts: { ...sig, ciphertext: "v1:" } })), /encrypted/);
  assert.deepEqual(resourcesIn(JSON.stringify({ deployment: null })), []);
});
