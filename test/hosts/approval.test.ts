import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { engineEnvironment } from "../../tools/engine.ts";
import { type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { quadletFleet } from "./support/command-line.ts";
import { makeProgram } from "./support/program.ts";
import { difference, get, hostEntry, image, invocation, listing, makeStack } from "./support/stack.ts";

// An `up` deploys what a review has approved, and nothing else: docs/review.md.

const fleet = await createFleet({ name: "approval", hosts: 2 });
after(() => fleet.dispose());
const [one, two] = fleet.hosts as [TestHost, TestHost];
const directory = await makeProgram("");
after(() => rmSync(directory, { recursive: true, force: true }));
const stack = await makeStack("test-approval", directory);
after(() => stack[Symbol.asyncDispose]());

/** Small changes, of about one byte each. */
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
    environment: { LEVEL: config.requireObject("site").level, TOKEN: pulumi.secret(config.requireObject("site").token) },
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
    ...{ site: { image: change.image ?? image, level, token } },
  });
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

/** Checks that an action changes nothing on the hosts. */
async function changesNothing(action: () => Promise<unknown>): Promise<void> {
  const all = () => Promise.all([listing(one), listing(two)]);
  const runs = async () => [await invocation(one, "www.service"), await invocation(two, "www.service")];
  const [files, running] = [await all(), await runs()];
  await action();
  const now = await all();
  for (const at of [0, 1] as const) assert.deepEqual(difference(files[at], now[at]), []);
  assert.deepEqual(await runs(), running);
}

/** `up` refuses with these sentences. */
async function refuses(approved: string, sentences: readonly RegExp[]): Promise<void> {
  const { stdout, stderr, code } = await ask("up", "--approved", approved);
  assert.equal(code, 3, stdout + stderr);
  const [first = "", ...found] = stderr.trimEnd().split("\n- ");
  assert.equal(first, "quadlet-fleet: Nothing was changed, as this is not what was approved:");
  assert.equal(found.length, sentences.length, stderr);
  sentences.forEach((sentence, at) => assert.match(found[at] ?? "", sentence));
  assert.match(stdout, /^## test-approval: 1 site changes/);
  assert.match(stdout, /\nNo approval: this is what up found/);
}

async function deploys(approved: string): Promise<string> {
  const { code, stdout, stderr } = await ask("up", "--approved", approved);
  assert.equal(code, 0, stdout + stderr);
  return stdout;
}

before(() => write());

test("what was approved is deployed", async () => {
  assert.match(await deploys(await review()), /created/);
  assert.deepEqual([await served(one), await served(two)], ["one", "one"]);
});

const content = /^What the sites get, .* is not what was approved\.$/;
const state = /^The review started from something else/;

let approved = "";

test("a byte between review and deploy: nothing is deployed, and it is said what differs", async (t) => {
  await write({ page: "two" });
  approved = await review();
  const changes: [string, Change, RegExp][] = [
    ["of the program", { page: "twp" }, content],
    ["of the configuration", { page: "two", level: "inf0" }, content],
    ["of a secret", { page: "two", token: "hunter3" }, content],
    ["of an image", { page: "two", image: `${image.slice(0, -1)}u` }, /^The images/],
    ["of a host key in the inventory", { page: "two", hostKey: one.hostKey }, /^The hosts/],
  ];
  await changesNothing(async () => {
    for (const [what, change, sentence] of changes)
      await t.test(what, async () => {
        await write(change);
        await refuses(approved, [sentence]);
      });
  });
  await write({ page: "two" });
});

test("a host that can't be reached: its name", async () => {
  await two.unplug();
  const { code, stderr } = await ask("up", "--approved", approved);
  await two.plug();
  assert.equal(code, 1);
  assert.match(
    stderr,
    /Nothing was changed: hosts could not be reached, [^\n]*\nwww: web-2: no SSH connection/,
  );
});

/** The number of logins on each host. */
async function logins(): Promise<number[]> {
  const count = "journalctl --unit=ssh --output=cat | grep -c '^Accepted'";
  return await Promise.all([one, two].map(async (host) => Number((await host.sh(count)).stdout)));
}

test("what is no longer approved when it is its turn: the provider refuses it before it connects", async () => {
  const before = await logins();
  const env = { ...engineEnvironment(join(stack.home, "..")), QUADLET_FLEET_APPROVED: "A".repeat(22) };
  const { code, stdout } = await stack.up({ check: false, env });
  assert.notEqual(code, 0);
  assert.match(stdout, /www: this update is not what was approved: the program, .*\n.*No host was contacted/);
  assert.deepEqual(await logins(), before);
});

test("an up of another session in between", async () => {
  await write({ page: "six" });
  await stack.up();
  await write({ page: "two" });
  await changesNothing(() => refuses(approved, [state]));
});

test("a file that was edited on a host: when a refresh has noted it, a review can approve what repairs it", async () => {
  const file = "/etc/quadlet-fleet/www/conf.d/default.conf";
  approved = await review();
  await two.sh(`printf '#' >>${file}`);
  await changesNothing(() =>
    refuses(approved, [state, /^www: drift on web-2: .*edited: \/etc\/quadlet-fleet\/www/]),
  );
  await stack.run(["refresh", "--yes", "--skip-preview"]);
  assert.match(await deploys(await review()), /updated/);
  assert.deepEqual([await served(one), await served(two)], ["two", "two"]);
  assert.doesNotMatch(await two.read(file), /#/);
});

test("a site that is removed: what was approved is done", async () => {
  await write({ isGone: true });
  assert.match(await deploys(await review()), /deleted/);
  assert.equal((await get(fleet, `http://${one.address}/`)).status, 0);
});
