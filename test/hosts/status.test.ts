import assert from "node:assert/strict";
import { hostname, userInfo } from "node:os";
import { before, test } from "node:test";
import type { TestHost } from "../../tools/fleet/index.ts";
import { quadletFleet } from "./support/command-line.ts";
import { hold } from "./support/hold.ts";
import { logins } from "./support/logins.ts";
import { openScene } from "./support/scene.ts";
import { example1, example2, hostEntry } from "./support/stack.ts";

// `quadlet-fleet status` on real hosts: docs/status.md.

const { fleet, stack } = await openScene("status", { hosts: 3 });
const [one, two, three] = fleet.hosts as [TestHost, TestHost, TestHost];

/** Example 1 on the first host, and Example 2 on all. */
function configure(change: object = {}): void {
  const hosts = Object.fromEntries(
    fleet.hosts.map((host, at) => [`web-${at + 1}`, hostEntry(fleet, host)] as const),
  );
  const everywhere = { ...example2, hosts: Object.keys(hosts), ...change };
  stack.configure({ hosts, sites: { example1, example2: everywhere } });
}

before(async () => {
  configure();
  await stack.up();
});

const status = (argv: readonly string[] = [], env: NodeJS.ProcessEnv = {}) =>
  quadletFleet(stack, ["status", ...argv], env);

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
  await three.run(["systemctl", "start", "ssh.service"]);
  configure({ environment: { PAGE: "2" }, verify: { path: "/", body: "another page" } });
  assert.notEqual((await stack.up({ check: false })).code, 0);
  const { stdout } = await status(["example2"]);
  assert.match(stdout, /example2 +web-1 .* reverted \(failed\)\n/);
});

for (const [what, argv, env, message] of [
  [
    "a site that is not there",
    ["nope"],
    {},
    /^quadlet-fleet: The stack has no site "nope"\.\nDeployed are: /,
  ],
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

test("beside a deploy that is at work: it says so at once, and the deploy goes on", async () => {
  configure({ environment: { PAGE: "3" } });
  // The fifth line of the journal is written before the restart.
  const cut = { host: one, manager: "system", set: "example2", at: 5 } as const;
  const { code, saw } = await hold(stack, "status", cut, async () => {
    const found = await status(["example2"]);
    assert.equal(found.code, 3);
    assert.match(found.stdout, /example2 +web-1 +pending .* open\n/);
    assert.match(found.stdout, /web-\[1-3\]: example2: a deploy is running there/);
  });
  assert.equal(code, 0, saw);
  assert.equal((await status()).code, 0);
});

test("a wrong command line: exit status 2", async () => {
  for (const argv of [["--nope"], ["--stack"]]) {
    const { code, stderr } = await status(argv);
    assert.equal(code, 2);
    assert.match(stderr, /See: quadlet-fleet \w+ --help/);
  }
});
