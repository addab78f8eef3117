import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { engineEnvironment } from "../../tools/engine.ts";
import { type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { quadletFleet } from "./support/command-line.ts";
import { makeProgram } from "./support/program.ts";
import { difference, get, hostEntry, image, invocation, listing, makeStack } from "./support/stack.ts";

// What a review has approved is deployed, and nothing else: docs/review.md.

const fleet = await createFleet({ name: "approval", hosts: 2 });
after(() => fleet.dispose());
const [one, two] = fleet.hosts as [TestHost, TestHost];
const directory = await makeProgram("");
after(() => rmSync(directory, { recursive: true, force: true }));
const stack = await makeStack("test-approval", directory);
after(() => stack[Symbol.asyncDispose]());

/** A change of one byte, more or less. */
interface Change {
  readonly page?: string;
  readonly level?: string;
  readonly token?: string;
  readonly image?: string;
  readonly hostKey?: string;
  readonly isGone?: boolean;
}

/** Writes the program with its configuration and its inventory. */
async function write(change: Change = {}): Promise<void> {
  const { page = "one", level = "info", token = "hunter2", isGone = false } = change;
  const site = `new SocketActivatedNginx("www", {
    hosts: config.requireObject("hosts"),
    manager: "system",
    image: config.requireObject("site").image,
    listen: ["0.0.0.0:80"],
    network: "none",
    environment: { LEVEL: config.requireObject("site").level, TOKEN: config.requireSecret("token") },
    nginx: { "default.conf": "server {\\n  listen 80;\\n  return 200 ${page};\\n}\\n" },
  });`;
  rmSync(join(directory, "node_modules"));
  await makeProgram(`const config = new pulumi.Config("quadlet-fleet");\n${isGone ? "" : site}`, directory);
  stack.configure({
    hosts: {
      "web-1": hostEntry(fleet, one, { connectTimeout: 3 }),
      "web-2": hostEntry(fleet, two, { connectTimeout: 3, hostKey: change.hostKey ?? two.hostKey }),
    },
    sites: {},
    ...{ site: { image: change.image ?? image, level } },
  });
  await stack.run(["config", "set", "--secret", "quadlet-fleet:token", token]);
}

const ask = (...argv: string[]) => quadletFleet(stack, [...argv, "--cwd", directory]);

/** Reviews, and gives the approval. */
async function review(): Promise<string> {
  const file = join(directory, "review.json");
  const { stdout, stderr, code } = await ask("review", "--save", file);
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stdout, /hunter/);
  const saved = readFileSync(file, "utf8");
  assert.doesNotMatch(saved, /hunter/);
  const { approval } = JSON.parse(saved) as { approval: string };
  assert.ok(stdout.endsWith(`\nApproval: \`${approval}\`\n`), stdout);
  return approval;
}

async function served(host: TestHost): Promise<string> {
  return (await get(fleet, `http://${host.address}/`)).body;
}

async function everything() {
  const found = [];
  for (const host of [one, two])
    found.push(await listing(host), await invocation(host, "www.service"), await served(host));
  return found;
}

/** `up` refuses with these sentences, and nothing is another one on the hosts. */
async function refuses(approved: string, sentences: readonly RegExp[]): Promise<void> {
  const untouched = await everything();
  const { stdout, stderr, code } = await ask("up", "--approved", approved);
  assert.equal(code, 3, stdout + stderr);
  const [first = "", ...found] = stderr.trimEnd().split("\n- ");
  assert.equal(first, "quadlet-fleet: Nothing was changed, as this is not what was approved:");
  assert.equal(found.length, sentences.length, stderr);
  sentences.forEach((sentence, at) => assert.match(found[at] ?? "", sentence));
  assert.match(stdout, /^## test-approval: 1 site changes/);
  assert.match(stdout, /\nNo approval: this is what an up found/);
  const now = await everything();
  untouched.forEach((before, at) => {
    const present = now[at];
    if (before instanceof Map && present instanceof Map) assert.deepEqual(difference(before, present), []);
    else assert.equal(present, before);
  });
}

before(() => write());

test("what was approved is deployed", async () => {
  const { code, stdout, stderr } = await ask("up", "--approved", await review());
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /\+ 4 created|created/);
  assert.deepEqual([await served(one), await served(two)], ["one", "one"]);
});

const content = /^What the sites get, .* is not what was approved\.$/;
const state = /^The review started from something else/;

let approved = "";

test("a byte between review and deploy: nothing is deployed, and it is said what differs", async (t) => {
  await write({ page: "two" });
  approved = await review();
  const changes: [string, Change, RegExp[]][] = [
    ["of the program", { page: "twp" }, [content]],
    ["of the configuration", { page: "two", level: "inf0" }, [content]],
    ["of a secret", { page: "two", token: "hunter3" }, [content]],
    ["of an image", { page: "two", image: `${image.slice(0, -1)}u` }, [/^The images/]],
    ["of a host key in the inventory", { page: "two", hostKey: one.hostKey }, [/^The hosts/]],
  ];
  for (const [what, change, sentences] of changes)
    await t.test(what, async () => {
      await write(change);
      await refuses(approved, sentences);
    });
  await write({ page: "two" });
});

test("a file that was edited on a host", async () => {
  const file = "/etc/quadlet-fleet/www/conf.d/default.conf";
  const text = await two.read(file);
  await two.write(file, `${text}#`);
  await refuses(approved, [state, /^www: drift on web-2: .*edited: \/etc\/quadlet-fleet\/www/]);
  await two.write(file, text);
});

test("a host that can't be reached", async () => {
  await two.unplug();
  const { code, stderr } = await ask("up", "--approved", approved);
  await two.plug();
  assert.equal(code, 1);
  assert.match(
    stderr,
    /Nothing was changed: hosts could not be reached, [^\n]*\nwww: web-2: no SSH connection/,
  );
});

/** How often somebody has logged in. */
async function logins(): Promise<number[]> {
  const count = "journalctl --unit=ssh --output=cat | grep -c '^Accepted'";
  return await Promise.all([one, two].map(async (host) => Number((await host.sh(count)).stdout)));
}

test("what is no longer approved when it is its turn: the provider refuses it before it connects", async () => {
  const before = await logins();
  const env = {
    ...engineEnvironment(join(stack.home, "..")),
    QUADLET_FLEET_APPROVED: "AAAAAAAAAAAAAAAAAAAAAA",
  };
  const { code, stdout } = await stack.up({ check: false, env });
  assert.notEqual(code, 0);
  assert.match(stdout, /www: this update is not what was approved: the program, .*\n.*No host was contacted/);
  assert.deepEqual(await logins(), before);
});

test("an up of somebody else in between", async () => {
  await write({ page: "six" });
  await stack.up();
  await write({ page: "two" });
  await refuses(approved, [state]);
});

test("a site that is removed: what was approved is done", async () => {
  await write({ isGone: true });
  const { code, stdout, stderr } = await ask("up", "--approved", await review());
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /deleted/);
  assert.equal((await get(fleet, `http://${one.address}/`)).status, 0);
});
