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

// What `quadlet-fleet status` reports from the state and the answers of the hosts.

const web = desired();
const last = {
  outcome: "committed",
  cause: "asked",
  at: "2026-11-29T15:11:34+0000",
  who: "alice@laptop",
};
const known = { ...nothingKnown, where: { "web-1": "192.0.2.11" } };
const before = { inputs: {}, properties: {} };
const set: DeployedSet = {
  urn: "urn:web",
  before,
  desired: web,
  known,
  dropIns: [],
  hidden: [],
  credentials: {},
};
const mark = { owner: "urn:web", paths: web.files.map(({ path }) => path), unfinished: false };

const host = (facts: Facts, more: object = {}): Facts => ({ ...facts, set: { ...mark, last, ...more } });
const found = (name: string, look: Found["look"], of = set): Found => ({
  ...{ set: of, host: name, look },
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
    at: last.at,
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
      ?.split(/ {2,}/);
  assert.deepEqual(header(page), header(printed([rowOf(good)])));
  const columns = [...page.matchAll(/^\| ([A-Z]+(?: [A-Z]+)?) +\|/gm)].map(([, column]) => column);
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

test("pending, offline, not seen, no account, nothing there", () => {
  const of = (has: "old" | "unknown" | "nothing", why: string, ways = {}) => {
    const exceptions = { "web-1": { has, why } };
    return { ...set, known: { ...known, ways, exceptions } };
  };
  const edited = { facts: host(change(settled(web), conf, present("older"))) };
  const pending = rowOf(found("web-1", edited, of("old", "not changed yet")));
  assert.deepEqual([pending.state, pending.pending, pending.drift], ["pending", "not changed yet", null]);
  assert.notEqual(pending.version, pending.deployed);
  const half = rowOf(found("web-1", edited, of("unknown", "could not be reverted")));
  assert.deepEqual([half.state, half.drift], ["pending", `edited: ${conf}`]);
  const fresh = rowOf(found("web-1", "unknown way", of("nothing", "offline")));
  assert.deepEqual([fresh.state, fresh.pending, fresh.version], ["pending", "offline", null]);
  assert.equal(rowOf(found("web-1", "offline")).state, "offline");
  const dead = rowOf(found("web-1", { problem: "no SSH connection" }));
  assert.deepEqual([dead.state, dead.problem, dead.version], ["not seen", "no SSH connection", null]);
  const gone = rowOf(found("web-1", "no account", { ...set, desired: { ...web, account: "shop" } }));
  assert.deepEqual([gone.state, gone.drift], ["differs", "no account: shop"]);
  const { set: _, ...bare } = host(settled(web));
  void _;
  const nothing = rowOf(found("web-1", { facts: bare }));
  assert.deepEqual(
    [nothing.state, nothing.version, nothing.drift],
    ["differs", null, "nothing is left of: web"],
  );
});

test("a deploy that is at work, or was interrupted, is not as deployed, whatever the files are", () => {
  const row = rowOf(
    found("web-1", { facts: host(settled(web), { unfinished: true, last: { ...last, outcome: "open" } }) }),
  );
  assert.deepEqual([row.state, row.outcome, row.drift], ["pending", "open", null]);
  assert.match(row.pending ?? "", /running there, or was interrupted/);
});

test("a secret address is not shown", () => {
  assert.equal(rowOf({ ...good, set: { ...set, hidden: ["web-1"] } }).where, null);
});

test("what a host says neither steers the terminal nor breaks the table", () => {
  const who = `\u001b[2Jmallory\tand\n${"x".repeat(1000)}`;
  const row = rowOf(found("web-1", { facts: host(settled(web), { last: { ...last, who } }) }));
  assert.equal(row.by, `[2Jmallory and ${"x".repeat(85)}`);
  const strange = change(settled(web), conf, {
    ...present("server { listen 80; }"),
    mode: "\u001b]0;x\u0007",
  });
  assert.equal(rowOf(found("web-1", { facts: host(strange) })).drift, `mode ]0;x: ${conf}`);
});

test("the table: hosts with the same to say share a line, and below is what is wrong", () => {
  const later = { last: { ...last, at: "2026-11-30T00:14:02+0900" } };
  const front = { ...set, desired: { ...web, name: "front" } };
  const rows = [
    good,
    found("web-2", { facts: host(settled(web), later) }),
    found("web-10", { facts: host(settled(web)) }),
    found("web-3", { problem: "no SSH connection: connect ECONNREFUSED." }),
    found("web-4", { problem: "no SSH connection: connect ECONNREFUSED." }),
    found("web-4", { problem: "no SSH connection: connect ECONNREFUSED." }, front),
    found("web-5", {
      facts: host(change(settled(web), conf, present("x")), {
        last: { ...last, outcome: "reverted", cause: "failed" },
      }),
    }),
  ].map(rowOf);
  const { version, deployed } = rows.find(({ host: of }) => of === "web-5") as Row;
  const table = printed(sorted(rows))
    .replaceAll(deployed, "0123456789ab")
    .replaceAll(version ?? "", "ba9876543210");
  assert.equal(
    table,
    `SITE   HOSTS         STATE        VERSION       IMAGE                     ACTIVE  LAST DEPLOY                           BY            ENDED
front  web-4         not seen     -             registry.example/nginx:1  -       -                                     -             -
web    web-[1-2,10]  as deployed  0123456789ab  registry.example/nginx:1  yes     2026-11-29 15:11 to 2026-11-29 15:14  alice@laptop  committed
web    web-[3-4]     not seen     -             registry.example/nginx:1  -       -                                     -             -
web    web-5         differs      ba9876543210  registry.example/nginx:1  yes     2026-11-29 15:11                      alice@laptop  reverted (failed)

Not seen:
  web-3: web: no SSH connection: connect ECONNREFUSED.
  web-4: front, web: no SSH connection: connect ECONNREFUSED.

Differs from what was deployed:
  web-5: web: edited: ${conf}
`,
  );
});

test("an exported stack: its secrets are marked, a nested one too, and an encrypted one is an error", () => {
  const [key, mark] = ["4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"];
  const hosts = { "web-1": { address: "192.0.2.11", privateKey: "KEY" } };
  const resource = {
    ...{ urn: "urn:web", id: "web", type: "quadlet:index:UnitSet", provider: "urn:p::id" },
    outputs: { name: "web", list: ["a"] },
  };
  const read = (...resources: object[]) =>
    resourcesIn(JSON.stringify({ deployment: { resources } }), ["quadlet:index:UnitSet"]);
  const wanted = { ...resource, inputs: { hosts: { [key]: mark, plaintext: JSON.stringify(hosts) } } };
  assert.deepEqual(read(wanted), [{ ...resource, inputs: { hosts: secret(hosts) } }]);
  assert.throws(
    () => read({ ...wanted, inputs: { hosts: { [key]: mark, ciphertext: "v1:" } } }),
    /encrypted/,
  );
  assert.deepEqual(read({ ...wanted, delete: true }, { ...wanted, type: "other:index:Thing" }), []);
  // An asset has the same key.
  const asset = { [key]: "c44067f5952c0a294b673a41bacd8c17", text: "x" };
  assert.deepEqual(read({ ...wanted, inputs: { asset } })[0]?.inputs, { asset });
  assert.deepEqual(resourcesIn(JSON.stringify({ deployment: null }), []), []);
});
