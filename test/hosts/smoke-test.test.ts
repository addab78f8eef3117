import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Fleet, type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { makeCertificate } from "../certificates.ts";
import { type Stack, example1, example2, hostEntry, makeStack } from "./support/stack.ts";

// The part that uses @pulumi/command. Its plugin is in no package registry: these tests need it where `pulumi plugin install`
// puts it. Each test goes on where the last one ended.

const { version } = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../node_modules/@pulumi/command/package.json"), "utf8"),
) as { version: string };
const plugin = join(homedir(), `.pulumi/plugins/resource-command-v${version}`);
const skip = existsSync(plugin)
  ? false
  : `the plugin is not there: pulumi plugin install resource command ${version}`;

const canary = "CANARY-command-77c1";

describe("smokeTest", { skip }, () => {
  let fleet: Fleet;
  let host: TestHost;
  let stack: Stack;

  const configure = (page: string, change: object = {}) =>
    stack.configure({
      hosts: { "web-1": hostEntry(fleet, host) },
      sites: {
        example2: {
          ...example2,
          nginx: { "default.conf": `server { listen 80; location / { return 200 "page ${page}"; } }\n` },
          ...change,
        },
      },
    });

  before(async () => {
    fleet = await createFleet({ name: "commands", hosts: 1 });
    [host] = fleet.hosts as [TestHost];
    stack = await makeStack("test-commands");
    // The engine does not accept a link in place of a plugin.
    cpSync(plugin, join(stack.home, `plugins/resource-command-v${version}`), { recursive: true });
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
    await fleet.dispose();
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
