import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { TestHost } from "../../tools/fleet/index.ts";
import { logins } from "./support/logins.ts";
import { openScene } from "./support/scene.ts";
import { example2, get, hostEntry } from "./support/stack.ts";

// `commands` are the hooks of a wave: they run on a host with its own login, directly before and after it changes. And `verify.outside`.

const { fleet, stack } = await openScene("hooks", { hosts: 3 });
const [one, two, gate] = fleet.hosts as [TestHost, TestHost, TestHost];
const hidden = "CANARY-hidden-3d02";
const log = "/var/tmp/commands";
const awkward = ["it's", "two  words", "$(id)", "`id`", 'back\\slash "x"', "a;b", "*", "-n", ""];

const say = (...words: string[]) => ({
  command: ["/bin/sh", "-c", `printf '%s;' "$@" >>${log}`, "sh", ...words],
});
const around = { before: [say("b1"), say("b2")], after: [say("a1"), say("a2")] };

function configure(
  page: string,
  change: object = {},
  entry: object = {},
  more: Record<string, object> = {},
): void {
  stack.configure({
    hosts: { ...more, "web-1": hostEntry(fleet, one, entry), "web-2": hostEntry(fleet, two, entry) },
    sites: {
      www: {
        ...example2,
        hosts: ["web-1", "web-2"],
        nginx: { "default.conf": `server { listen 80; location / { return 200 "${page}"; } }\n` },
        rollout: { minHealthyTime: 0 },
        ...change,
      },
    },
  });
}

const written = async (host = one) => (await host.run(["cat", log], { check: false })).stdout;
const pages = async () =>
  await Promise.all([one, two].map(async ({ address }) => (await get(fleet, `http://${address}/`)).body));

/** Runs an `up` that fails, and returns all its output. */
async function fails(): Promise<string> {
  const { code, stdout, stderr } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  return stdout + stderr;
}

async function forget(): Promise<void> {
  await Promise.all([one, two].map((host) => host.run(["rm", "-f", log])));
}

before(() => configure("one"));

test("before and after the change of each host, with the very words and the secret of the environment", async () => {
  const commands = {
    before: [
      {
        command: [
          "/bin/sh",
          "-c",
          `test ! -e /etc/quadlet-fleet/www/conf.d/default.conf && echo "$TOKEN" >/var/tmp/token`,
        ],
        environment: { TOKEN: "later" },
      },
      say("before", ...awkward),
    ],
    after: [{ command: ["/bin/sh", "-c", `systemctl is-active www.socket >>${log}`] }],
  };
  configure("one", { commands });
  const secret = [
    "config",
    "set",
    "--path",
    "--secret",
    "quadlet-fleet:sites.www.commands.before[0].environment.TOKEN",
  ];
  await stack.run(secret, { input: hidden });
  const { stdout, stderr } = await stack.up();
  for (const host of [one, two]) {
    assert.equal(await written(host), `before;${awkward.join(";")};active\n`);
    assert.equal((await host.run(["cat", "/var/tmp/token"])).stdout.trim(), hidden);
    const journal = await host.run(["journalctl", "--no-pager", "--all"]);
    assert.equal(journal.stdout.includes(hidden), false);
  }
  const { stdout: state } = await stack.run(["stack", "export"]);
  assert.equal((stdout + stderr + state).includes(hidden), false);
});

test("nothing is run where nothing changes, nor for other commands or another way to the host", async () => {
  await forget();
  configure("one", { commands: around });
  await stack.expectNoChanges();
  await stack.up();
  configure("one", { commands: around }, { connectTimeout: 30 });
  await stack.up();
  assert.equal(await written(), "");
  configure("two", { commands: around });
  await stack.up();
  assert.deepEqual([await written(one), await written(two)], ["b1;b2;a1;a2;", "b1;b2;a1;a2;"]);
});

test("by a jump host, over the connection of the set", async () => {
  await forget();
  const through = { gate: hostEntry(fleet, gate) };
  configure("three", { commands: around }, { jump: "gate" }, through);
  const since = (await logins(one)).length;
  await stack.up();
  assert.equal(await written(), "b1;b2;a1;a2;");
  assert.deepEqual((await logins(one)).slice(since), [gate.address]);
  configure("three", { commands: around });
  await stack.up();
});

test("a command before that fails: the host is not changed, it is undrained, and the others go back", async () => {
  await forget();
  const failing = {
    command: ["/bin/sh", "-c", `test $(uname -n) != ${two.name} || { echo "no such pool: $TOKEN"; exit 3; }`],
    environment: { TOKEN: hidden },
  };
  configure("four", { commands: { before: [say("b1"), failing], after: [say("a1")] } });
  const said = await fails();
  assert.match(said, /web-2: commands\.before\[1\]: \/bin\/sh ended with 3\n\s*no such pool: \[…\]/);
  assert.equal(said.includes(hidden), false);
  assert.deepEqual(await pages(), ["three", "three"]);
  assert.deepEqual([await written(one), await written(two)], ["b1;a1;", "b1;a1;"]);
});

test("a command after that fails: the host and all others go back", async () => {
  await forget();
  configure("four", { commands: { before: [say("b1")], after: [{ command: ["/bin/false"] }] } });
  assert.match(await fails(), /commands\.after\[0\]: \/bin\/false ended with 1/);
  assert.deepEqual(await pages(), ["three", "three"]);
});

test("a change that fails: undrained all the same", async () => {
  await forget();
  const flag = "/srv/flags/broken";
  const broken = {
    command: ["/bin/sh", "-c", `test $(uname -n) != ${two.name} || touch ${flag}; printf 'b;' >>${log}`],
  };
  const mended = { command: ["/bin/sh", "-c", `rm -f ${flag}; printf 'a;' >>${log}`] };
  const answer = (page: string) => `if (-f ${flag}) { return 500; } return 200 "${page}";`;
  const serves = (page: string) => ({
    volumes: ["/srv/flags:/srv/flags:ro"],
    nginx: { "default.conf": `server { listen 80; location / { ${answer(page)} } }\n` },
  });
  await Promise.all([one, two].map((host) => host.run(["mkdir", "-p", "/srv/flags"])));
  configure("", serves("three"));
  await stack.up();
  configure("", { ...serves("four"), commands: { before: [broken], after: [mended] } });
  assert.match(await fails(), /Nothing is changed on web-\[1-2\]: reverted\./);
  assert.deepEqual([await written(one), await written(two)], ["b;a;", "b;a;"]);
  assert.deepEqual(await pages(), ["three", "three"]);
});

test("verify from outside: what keeps this machine from the page fails the change, and a working way does not", async () => {
  configure("five", { verify: { status: 200, outside: true } });
  await stack.up();
  assert.deepEqual(await pages(), ["five", "five"]);
  // A firewall on the second host, only for this port.
  await two.run(["nft", "add", "table", "inet", "wall"]);
  await two.run(["nft", "add", "chain", "inet", "wall", "in", "{ type filter hook input priority 0 ; }"]);
  await two.run([
    "nft",
    "add",
    "rule",
    "inet",
    "wall",
    "in",
    "iifname",
    "!=",
    "lo",
    "tcp",
    "dport",
    "80",
    "drop",
  ]);
  configure("six", { verify: { status: 200, outside: true } });
  const said = await fails();
  await two.run(["nft", "delete", "table", "inet", "wall"]);
  assert.match(said, new RegExp(`web-2: .*from outside, ${two.address}:80/ gives no answer: `));
  assert.deepEqual(await pages(), ["five", "five"]);
  configure("six");
  await stack.up();
});
