import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestHost } from "../../tools/fleet/index.ts";
import { leftBehind, quadletFleet, startQuadletFleet } from "./support/command-line.ts";
import { eventually } from "./support/eventually.ts";
import { logins } from "./support/logins.ts";
import { openScene } from "./support/scene.ts";
import { example1, example2, example3, example4, hostEntry } from "./support/stack.ts";

// `quadlet-fleet exec` on real hosts: docs/exec.md.

const { fleet, stack } = await openScene("exec", { hosts: 2 });
const [one, two] = fleet.hosts as [TestHost, TestHost];
const both = ["web-1", "web-2"];

before(async () => {
  const page = { image: example1.image, serverName: "page.example.com", transport: "unix", nginx: {} };
  stack.configure({
    // root's login on one host, an account with sudo on the other.
    hosts: { "web-1": hostEntry(fleet, one), "web-2": hostEntry(fleet, two, { user: "deploy", sudo: true }) },
    sites: {
      rootless: { ...example1, hosts: both, hardened: true },
      rootful: { ...example2, hosts: both },
      behind: { ...example3, hosts: both },
    },
    proxies: { front: { ...example4, backends: { page } } },
  });
  await stack.up();
});

const exec = (...argv: string[]) => quadletFleet(stack, ["exec", ...argv]);

/** The lines of both hosts, in the order of the hosts. */
const byHost = (output: string) => output.split("\n").filter(Boolean).toSorted();

/** Prints which account of the host root of the container is. */
const whose = ["--", "sed", "-n", "s/^ *0 *\\([0-9]*\\) .*/root is \\1/p", "/proc/self/uid_map"];

for (const [site, unit, hosts, root] of [
  ["rootless", [], both, 1000],
  ["rootful", [], both, 0],
  ["behind", [], both, 1000],
  ["front", [], ["web-1"], 1000],
  ["front", ["--unit", "page"], ["web-1"], 1000],
] as const)
  test(`${[site, ...unit].join(" ")}: in its own container, as the right account, by one login`, async () => {
    const since = await Promise.all(fleet.hosts.map(logins));
    const { code, stdout, stderr } = await exec(site, ...unit, ...whose);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.deepEqual(
      byHost(stdout),
      hosts.map((host) => `${host} | root is ${root}`),
    );
    const now = await Promise.all(fleet.hosts.map(logins));
    assert.deepEqual(
      now.map((each, at) => each.length - (since[at]?.length ?? 0)),
      both.map((host) => ((hosts as readonly string[]).includes(host) ? 1 : 0)),
    );
  });

test("the words arrive as they are, and what the command prints is shown where it belongs", async () => {
  const words = [
    "it's",
    "two  words",
    "$(id)",
    "`id`",
    'back\\slash\\n "x"',
    "a;b",
    "*",
    "-n",
    "--",
    "",
    "x\ny",
  ];
  const script = 'printf "%s;" "$@"; echo to-stderr >&2; cat; echo';
  const argv = ["sh", "-c", script, "sh", ...words];
  const { code, stdout, stderr } = await exec("rootless", "--host", "web-2", "--", ...argv);
  assert.deepEqual([code, stderr], [0, "web-2 | to-stderr\n"]);
  assert.equal(stdout, `web-2 | ${words.join(";").replace("x\ny", "x\nweb-2 | y")};\n`);
});

test("what fails is told once for all hosts with the same exit status", async () => {
  const { code, stdout, stderr } = await exec("rootful", "--", "sh", "-c", "exit 3");
  assert.deepEqual([code, stdout, stderr], [3, "", "quadlet-fleet: web-[1-2]: exit status 3\n"]);
  await one.run(["podman", "exec", "systemd-rootful", "touch", "/tmp/there"]);
  const some = await exec("rootful", "--", "ls", "/tmp/there");
  assert.deepEqual([some.code, some.stdout], [3, "web-1 | /tmp/there\n"]);
  assert.match(some.stderr, /^web-2 \| ls: .*\nquadlet-fleet: web-2: exit status 1\n$/);
  const missing = await exec("rootful", "--host", "web-1", "--", "no-such-program");
  assert.equal(missing.code, 3);
  assert.match(
    missing.stderr,
    /^web-1 \| Error: .*no-such-program.*\nquadlet-fleet: web-1: exit status 127\n$/,
  );
});

test("what the command prints steers no terminal, and can't look like that of another host", async () => {
  const evil = "a\\033[2J\\nweb-1 | forged\\r\\302\\233x\\n";
  const { stdout, stderr } = await exec(
    "rootless",
    "--host",
    "web-2",
    "--",
    "sh",
    "-c",
    `printf '${evil}' | tee /dev/stderr`,
  );
  assert.equal(stdout, "web-2 | a[2J\nweb-2 | web-1 | forgedx\n");
  assert.equal(stderr, stdout);
});

/** Waits until no process is left in the container, and none that runs for it on the host. */
async function isOver(host: TestHost): Promise<void> {
  await eventually(async () => assert.deepEqual(await leftBehind(host), []));
}

/** A command that has children, and ignores the end of its output. */
const stays = ["--", "sh", "-c", "echo begun; sleep 1000 & sleep 1001"];

describe("nothing is left in any container", () => {
  for (const [site, signal, exit] of [
    ["rootless", "SIGINT", [3, null]],
    ["behind", "SIGTERM", [3, null]],
    ["rootful", "SIGINT", [3, null]],
    ["rootless", "SIGKILL", [null, "SIGKILL"]],
    ["behind", "SIGKILL", [null, "SIGKILL"]],
    ["rootful", "SIGKILL", [null, "SIGKILL"]],
  ] as const)
    test(`${site}: ${signal}`, async () => {
      const running = startQuadletFleet(stack, ["exec", site, ...stays]);
      await eventually(() =>
        Promise.resolve(assert.deepEqual(byHost(running.stdout()), ["web-1 | begun", "web-2 | begun"])),
      );
      for (const host of fleet.hosts) assert.ok((await leftBehind(host)).includes("sleep 1001"));
      running.kill(signal);
      assert.deepEqual(await running.ended, exit);
      // Unless the command is killed, it ends everything before its own end.
      if (signal !== "SIGKILL") for (const host of fleet.hosts) assert.deepEqual(await leftBehind(host), []);
      for (const host of fleet.hosts) await isOver(host);
      if (signal !== "SIGKILL")
        assert.equal(running.stderr(), "quadlet-fleet: web-[1-2]: interrupted: it was stopped\n");
    });

  test("a time limit, also for what does not want to end", async () => {
    const ignores = "trap '' TERM; while :; do sleep 1; done";
    const { code, stderr } = await exec("rootless", "--timeout", "1", "--", "sh", "-c", ignores);
    assert.equal(code, 3);
    assert.equal(stderr, "quadlet-fleet: web-[1-2]: the command had not ended after 1 s: it was stopped\n");
    for (const host of fleet.hosts) await isOver(host);
  });

  test("a connection that is lost", async () => {
    const running = startQuadletFleet(stack, ["exec", "rootless", ...stays]);
    await eventually(() => Promise.resolve(assert.equal(byHost(running.stdout()).length, 2)));
    await two.sh("pkill -KILL sshd-session");
    await isOver(two);
    await sleep(500);
    assert.equal(running.stderr(), "");
    running.kill("SIGINT");
    assert.deepEqual(await running.ended, [3, null]);
    assert.match(
      running.stderr(),
      /^quadlet-fleet: web-2: the connection was lost: the host stops the command$/m,
    );
    await isOver(one);
  });
});

test("one host is down, or nothing runs there: it is named, and the others do it", async () => {
  await two.sh("systemctl stop ssh.socket ssh.service");
  const down = await exec("rootful", "--", "echo", "done");
  assert.deepEqual([down.code, down.stdout], [3, "web-1 | done\n"]);
  assert.match(down.stderr, /^quadlet-fleet: web-2: no SSH connection: /);
  await two.run(["systemctl", "start", "ssh.service"]);
  await two.run(["systemctl", "stop", "rootful.service"]);
  const stopped = await exec("rootful", "--", "echo", "done");
  assert.deepEqual(
    [stopped.code, stopped.stdout, stopped.stderr],
    [3, "web-1 | done\n", "quadlet-fleet: web-2: the unit has no running container there.\n"],
  );
});

test("a wrong call: exit status 1 for what is not there, 2 for the command line", async () => {
  const failed = async (expected: number, ...argv: string[]) => {
    const { code, stdout, stderr } = await exec(...argv);
    assert.deepEqual([code, stdout], [expected, ""]);
    return stderr;
  };
  assert.match(await failed(1, "nope", "--", "true"), /no site "nope"/);
  assert.match(await failed(1, "front", "--host", "web-2", "--", "true"), /not on a host "web-2"/);
  assert.match(
    await failed(1, "front", "--unit", "x", "--", "true"),
    /no unit "x"\.\nIt has: front\.service, page\.service/,
  );
  assert.match(await failed(2, "rootful"), /Give a command, after "--"/);
  assert.match(
    await failed(2, "rootful", "--parallel", "0", "--", "true"),
    /--parallel "0" is not a whole number/,
  );
});
