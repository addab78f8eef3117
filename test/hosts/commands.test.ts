import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Fleet, type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { makeCertificate } from "../certificates.ts";
import { logins } from "./support/logins.ts";
import { type Stack, example1, example2, hostEntry, makeStack } from "./support/stack.ts";

// The parts that are made of @pulumi/command. Its plugin is in no package registry: these tests need it where `pulumi plugin install`
// puts it. Each goes on where the last one ended.

const { version } = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../node_modules/@pulumi/command/package.json"), "utf8"),
) as { version: string };
const plugin = join(homedir(), `.pulumi/plugins/resource-command-v${version}`);
const skip = existsSync(plugin)
  ? false
  : `the plugin is not there: pulumi plugin install resource command ${version}`;

const canary = "CANARY-command-77c1";
const hidden = "CANARY-hidden-3d02";
const log = "/var/tmp/commands";

describe("commands and smokeTest", { skip }, () => {
  let fleet: Fleet;
  let host: TestHost;
  let gate: TestHost;
  let stack: Stack;

  const note = (what: string) => ({ command: ["/usr/bin/tee", "--append", `/var/tmp/${what}`] });
  const say = (...words: string[]) => ({
    command: ["/bin/sh", "-c", `printf '%s;' "$@" >>${log}`, "sh", ...words],
  });
  const configure = (page: string, change: object = {}, entry: object = {}) =>
    stack.configure({
      hosts: { "web-1": hostEntry(fleet, host, entry) },
      sites: {
        example2: {
          ...example2,
          nginx: { "default.conf": `server { listen 80; location / { return 200 "page ${page}"; } }\n` },
          ...change,
        },
      },
    });
  const written = async () => (await host.run(["cat", log], { check: false })).stdout;

  before(async () => {
    fleet = await createFleet({ name: "commands", hosts: 2 });
    [host, gate] = fleet.hosts as [TestHost, TestHost];
    stack = await makeStack("test-commands");
    // The engine takes no link for a plugin.
    cpSync(plugin, join(stack.home, `plugins/resource-command-v${version}`), { recursive: true });
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
    await fleet.dispose();
  });

  const awkward = ["it's", "two  words", "$(id)", "`id`", 'back\\slash "x"', "a;b", "*", "-n", ""];

  test("before and after a deploy, in their order, with the very words and the secret of the environment", async () => {
    const commands = {
      before: [
        {
          command: ["/bin/sh", "-c", `test ! -e /etc/quadlet-fleet && echo "$TOKEN" >/var/tmp/token`],
          environment: { TOKEN: "later" },
        },
        say("before", ...awkward),
      ],
      after: [{ command: ["/bin/sh", "-c", `systemctl is-active example2.socket >>${log}`] }, note("never")],
    };
    configure("one", { commands });
    await stack.run(
      [
        "config",
        "set",
        "--path",
        "--secret",
        "quadlet-fleet:sites.example2.commands.before[0].environment.TOKEN",
      ],
      { input: hidden },
    );
    const up = await stack.up();
    assert.equal(await written(), `before;${awkward.join(";")};active\n`);
    assert.equal((await host.run(["cat", "/var/tmp/token"])).stdout.trim(), hidden);
    assert.equal((await host.run(["cat", "/var/tmp/never"])).stdout, "");
    assert.equal((up.stdout + up.stderr).includes(hidden), false);
    const { stdout: state } = await stack.run(["stack", "export"]);
    assert.equal(state.includes(hidden), false);
    assert.equal(state.includes("OPENSSH PRIVATE KEY"), false);
    assert.match(state, /command:remote:Command/);
    const journal = await host.run(["journalctl", "--no-pager", "--all"]);
    assert.equal(journal.stdout.includes(hidden), false);
  });

  test("nothing is run where nothing has changed", async () => {
    await stack.expectNoChanges();
    await stack.up();
    assert.equal(await written(), `before;${awkward.join(";")};active\n`);
  });

  test("again for another version, once; and not for another way to the host", async () => {
    await host.run(["rm", log]);
    const commands = { before: [say("b1"), say("b2")], after: [say("a1"), say("a2")] };
    configure("two", { commands });
    await stack.up();
    assert.equal(await written(), "b1;b2;a1;a2;");
    configure("three", { commands });
    const preview = await stack.preview();
    assert.equal(
      preview.match(/\+-command:remote:Command|command:remote:Command: \(replace\)/g)?.length,
      4,
      preview,
    );
    await stack.up();
    assert.equal(await written(), "b1;b2;a1;a2;".repeat(2));
    configure("three", { commands }, { connectTimeout: 30 });
    await stack.up();
    assert.equal(await written(), "b1;b2;a1;a2;".repeat(2));
    await stack.expectNoChanges();
  });

  test("by a jump host, as the set", async () => {
    const commands = { before: [say("b1"), say("b2")], after: [say("a1"), say("a2"), say("jumped")] };
    stack.configure({
      hosts: { gate: hostEntry(fleet, gate), "web-1": hostEntry(fleet, host, { jump: "gate" }) },
      sites: { example2: { ...example2, commands } },
    });
    const since = await logins(host);
    await stack.up();
    assert.match(await written(), /;b1;b2;a1;a2;jumped;$/);
    const sources = (await logins(host)).slice(since.length);
    assert.ok(sources.length > 0);
    assert.deepEqual([...new Set(sources)], [gate.address]);
    await stack.expectNoChanges();
    configure("three", { commands: { ...commands, after: commands.after.slice(0, 2) } });
    await stack.up();
  });

  test("without the key's file there is a preview, but no up", async () => {
    configure("three", { commands: { after: [say("a")] } }, { identityFile: "/nonexistent" });
    assert.match(
      await stack.preview(),
      /connection\.identityFile can't be read, and commands need the key itself/,
    );
    const failed = await stack.up({ check: false });
    assert.notEqual(failed.code, 0);
    assert.match(failed.stdout + failed.stderr, /connection\.identityFile: can't be read, and commands need/);
  });

  test("a command that fails is the end of it: nothing is deployed, and its name is said", async () => {
    const commands = { before: [{ command: ["/bin/false"] }] };
    configure("four", { commands });
    const failed = await stack.up({ check: false });
    assert.notEqual(failed.code, 0);
    assert.match(failed.stdout + failed.stderr, /commands\.before\[0\]: \/bin\/false has ended with 1/);
    const conf = await host.run(["cat", "/etc/quadlet-fleet/example2/conf.d/default.conf"]);
    assert.match(conf.stdout, /page three/);
  });

  test("a smoke test that finds what it wants", async () => {
    configure("five", { smokeTest: { status: 200, body: "page five" } });
    await stack.up();
    await stack.expectNoChanges();
  });

  test("one that does not fails the up, says why, and is made again", async () => {
    configure("six", { smokeTest: { body: "page five", timeout: 1 } });
    const failed = await stack.up({ check: false });
    assert.notEqual(failed.code, 0);
    assert.match(
      failed.stdout + failed.stderr,
      new RegExp(`smoke test: http://${host.address}/ at ${host.address}: answers without "page five" in it`),
    );
    assert.notEqual((await stack.up({ check: false })).code, 0);
    configure("five", { smokeTest: { body: "page five" } });
    await stack.up();
  });

  test("with TLS: the certificate that was deployed, and the redirect", async () => {
    const tls = { ...makeCertificate(["www.example.com"]), listen: ["0.0.0.0:8443"], redirect: true };
    const change = {
      nginx: undefined,
      tls,
      smokeTest: { hostName: "www.example.com", status: 200, body: "Welcome" },
    };
    configure("", change);
    await stack.up();
    await stack.expectNoChanges();
    configure("", { ...change, tls: { ...tls, ...makeCertificate(["www.example.com"]) } });
    const preview = await stack.preview();
    assert.match(preview, /command:local:Command/);
    await stack.up();
  });

  test("a command of one's own: its very words, the addresses, and its environment", async () => {
    const script = 'test "$QUADLET_FLEET_URLS" = "http://$1/" && test "$TOKEN" = "$2"';
    const smokeTest = {
      command: ["sh", "-c", script, "sh", host.address, `it's $(id) ${canary}`],
      environment: { TOKEN: `it's $(id) ${canary}` },
    };
    configure("seven", { smokeTest });
    await stack.up();
    await stack.expectNoChanges();
    configure("seven", { smokeTest: { command: ["false"] } });
    assert.notEqual((await stack.up({ check: false })).code, 0);
  });

  test("no plugin is asked for without them", async () => {
    configure("eight");
    await stack.up();
    const { stdout: state } = await stack.run(["stack", "export"]);
    assert.equal(state.includes("command:"), false);
    await stack.run(["destroy", "--yes", "--skip-preview"]);
    stack.configure({ hosts: { "web-1": hostEntry(fleet, host) }, sites: { example1 } });
    await stack.up();
  });
});
