import assert from "node:assert/strict";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { engineEnvironment } from "../../tools/engine.ts";
import { type Output, execute } from "../../tools/execute.ts";
import type { TestHost } from "../../tools/fleet/index.ts";
import { hold } from "./support/hold.ts";
import { logins } from "./support/logins.ts";
import { openScene } from "./support/scene.ts";
import { example1, example2, hostEntry } from "./support/stack.ts";

// `quadlet-fleet status` on real hosts: docs/status.md.

const { fleet, stack } = await openScene("status", { hosts: 3 });
const [one, two, three] = fleet.hosts as [TestHost, TestHost, TestHost];
const root = join(import.meta.dirname, "../..");

before(async () => {
  const hosts = Object.fromEntries(
    fleet.hosts.map((host, at) => [`web-${at + 1}`, hostEntry(fleet, host)] as const),
  );
  const everywhere = { hosts: Object.keys(hosts) };
  stack.configure({
    hosts,
    sites: { example1: { ...example1, hosts: ["web-1"] }, example2: { ...example2, ...everywhere } },
  });
  await stack.up();
});

async function status(argv: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Output> {
  const command = [process.execPath, join(root, "cli/main.ts"), "status", "--stack", stack.name, ...argv];
  const engine = engineEnvironment(join(stack.home, ".."));
  return await execute(command, { cwd: root, env: { ...engine, ...env }, check: false });
}

/** The table without its columns for the version, the image and the time. */
function short(table: string): string[] {
  const lines = table.split("\n\n")[0]?.split("\n").slice(1) ?? [];
  return lines.filter(Boolean).map((line) => {
    const cells = line.split(/ {2,}/);
    return [...cells.slice(0, 3), cells[5], ...cells.slice(7)].join(" | ");
  });
}

const me = `${userInfo().username}@${hostname()}`;

test("all is as it was deployed: a line for each site, by whom, and one login for each host", async () => {
  const since = await Promise.all(fleet.hosts.map(logins));
  const { code, stdout, stderr } = await status();
  assert.deepEqual(
    [code, stderr, short(stdout)],
    [
      0,
      "",
      [
        `example1 | web-1 | as deployed | yes | ${me} | committed`,
        `example2 | web-[1-3] | as deployed | yes | ${me} | committed`,
      ],
    ],
  );
  assert.doesNotMatch(stdout, /PRIVATE|identity/);
  const now = await Promise.all(fleet.hosts.map(logins));
  assert.deepEqual(
    now.map((each, at) => each.length - (since[at]?.length ?? 0)),
    [1, 1, 1],
  );
});

test("one is edited, one is down: both are named, and the exit status is another one", async () => {
  await two.sh("systemctl stop example2.socket example2.service");
  await three.sh("systemctl stop ssh.socket ssh.service", { check: false });
  const { code, stdout } = await status(["example2", "example1"]);
  assert.equal(code, 3);
  assert.deepEqual(short(stdout), [
    `example1 | web-1 | as deployed | yes | ${me} | committed`,
    `example2 | web-1 | as deployed | yes | ${me} | committed`,
    `example2 | web-2 | differs | 0 of 2 | ${me} | committed`,
    "example2 | web-3 | not seen | - | - | -",
  ]);
  assert.match(stdout, /\nNot seen:\n {2}web-3: example2: no SSH connection: /);
  assert.match(
    stdout,
    /\nDiffers .*:\n {2}web-2: example2: not running: example2\.service, example2\.socket\n$/,
  );
  const rows = JSON.parse((await status(["--json", "example2"])).stdout) as Record<string, unknown>[];
  assert.deepEqual(
    rows.map(({ host, state, where }) => [host, state, where]),
    [
      ["web-1", "as deployed", one.address],
      ["web-2", "differs", two.address],
      ["web-3", "not seen", three.address],
    ],
  );
});

test("what was tried last: a deploy that is taken back", async () => {
  const page = { path: "/", body: "another page" };
  const entry = { ...example2, hosts: ["web-1"], environment: { PAGE: "2" }, verify: page };
  stack.configure({ hosts: { "web-1": hostEntry(fleet, one) }, sites: { example2: entry } });
  assert.notEqual((await stack.up({ check: false })).code, 0);
  const { stdout } = await status(["example2"]);
  assert.match(stdout, /example2 +web-1 .* reverted \(failed\)\n/);
});

for (const [what, argv, env, message] of [
  ["a site that is not there", ["nope"], {}, /^quadlet-fleet: The stack has no site "nope"\.\nIt has: /],
  ["a stack that is not there", ["--stack", "nope"], {}, /no stack named 'nope' found/],
  ["a directory that is not there", ["--cwd", "/nope"], {}, /^quadlet-fleet: --cwd \/nope: ENOENT/],
  ["a wrong passphrase", [], { PULUMI_CONFIG_PASSPHRASE: "wrong" }, /incorrect passphrase/],
] as const)
  test(`${what}: it says so, and the exit status is 1`, async () => {
    const { code, stdout, stderr } = await status(argv, env);
    assert.deepEqual([code, stdout], [1, ""], stderr);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /bug|\bat .*\.ts/);
  });

test("beside a deploy that has lost its run: it is not made to go back, and status does not wait", async () => {
  const entry = { ...example2, hosts: ["web-1"], environment: { PAGE: "3" } };
  stack.configure({ hosts: { "web-1": hostEntry(fleet, one) }, sites: { example2: entry } });
  const cut = { host: one, manager: "system", set: "example2", at: 6 } as const;
  const { code, saw } = await hold(stack, "status", cut, async () => {
    const { code, stdout } = await status(["example2"]);
    assert.equal(code, 3);
    assert.match(stdout, /example2 +web-1 +pending .* open\n/);
    assert.match(stdout, /a deploy is at work there/);
  });
  assert.equal(code, 0, saw);
});

test("a wrong command line: exit status 2", async () => {
  for (const argv of [["--nope"], ["--stack"]]) {
    const { code, stderr } = await status(argv);
    assert.equal(code, 2);
    assert.match(stderr, /See: quadlet-fleet --help/);
  }
});
