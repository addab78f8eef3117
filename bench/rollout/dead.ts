import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freezer } from "../../test/hosts/support/freezer.ts";
import { makeStack } from "../../test/hosts/support/stack.ts";
import { type Fleet, type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { dataDirectory } from "../../tools/fleet/layout.ts";
import { farAway } from "../distance/index.ts";
import { expectPage, urls } from "../job.ts";
import { describeMachine, hostVersions, toolVersions } from "../machine.ts";
import { MemoryWatch } from "../memory.ts";
import type { Part } from "../part.ts";
import { deadReport } from "./report.ts";
import { Scene } from "./scene.ts";

const name = "bench";

/** The line of the host with a bad line: milliseconds there and back, and percent of the packets. */
const line = { delay: 300, loss: 5 } as const;

/** With dead hosts a rollout may take at most this many times as long as without them. */
const aim = 1.2;

const policy = { rollout: { offline: "skip", maxFailures: 6 } };

/**
 * A site on many hosts, of which seven are dead in different ways or have a bad line, and how much longer the others take because of that.
 */
export const benchDead: Part = async ({ hosts: many, work, load }) => {
  await using fleet = await createFleet({ name, hosts: many });
  await using stack = await makeStack("bench-dead");
  process.on("exit", () => rmSync(stack.file, { force: true }));
  const scene = new Scene(fleet, stack);
  const memory = new MemoryWatch();
  const up = () => memory.during(() => scene.up());

  scene.want("one");
  await scene.step("first up", up);
  await expectPage(fleet, urls(fleet), "one");
  await scene.step("unchanged up", up);
  scene.want("two");
  await scene.step("one-file change", up);
  await scene.step("refresh", () => scene.refresh());

  const seven = Array.from({ length: 7 }, (_, at) => fleet.hosts[Math.floor(((at + 1) * many) / 8)]);
  const [refusing, hole, stranger, slow, ...changing] = seven as [TestHost, TestHost, TestHost, TestHost];
  const [stopped, killed, full] = changing as unknown as [TestHost, TestHost, TestHost];
  const living = fleet.hosts.filter((host) => !seven.includes(host));
  using far = await farAway(fleet, name, work, line);
  const slowAddress = far.fleet.hosts[fleet.hosts.indexOf(slow)]?.address;
  const alive = { [slow.name]: { address: slowAddress } };

  scene.entries = Object.fromEntries<object>(seven.map((host) => [host?.name ?? "", { state: "offline" }]));
  scene.want("three", policy);
  const without = await scene.step("one-file change without these seven (offline)", up);

  // The slow host gets the address behind its bad line now, so that the measured change moves no host to another address.
  scene.entries = { ...scene.entries, ...alive };
  await up();

  scene.entries = { ...alive, [stranger.name]: { hostKey: living[0]?.hostKey } };
  scene.want("four", policy);
  await refusing.run(["systemctl", "stop", "ssh.socket", "ssh.service"], { check: false });
  await hole.run(["ip", "route", "add", "blackhole", `${fleet.gateway}/32`]);
  await fill(full);
  const freeze = freezer(name, [{ host: stopped, manager: "system", set: "www", at: -1 }]);
  const deaths = [
    freeze.outcomes.then(() => stopped.unplug()),
    serves(fleet, killed, "four").then(() => killed.powerLoss()),
  ];
  let committed = 0;
  const changed = committedOn(living, "four").then((at) => (committed = at));
  const began = performance.now();
  await scene.step("one-file change with seven dead or slow", up, "fails", living);
  await changed;
  const withDead = (committed - began) / 1000;
  freeze.stop();
  freeze.thaw();
  await Promise.all(deaths);
  await scene.expect("the living", ["four"], [...living, slow]);
  await scene.expect("the dead", ["two"], [refusing, hole, stranger, full]);

  await refusing.run(["systemctl", "start", "ssh.service"]);
  await hole.run(["ip", "route", "del", "blackhole", `${fleet.gateway}/32`]);
  await full.run(["umount", "/etc/quadlet-fleet/www"]);
  await stopped.plug();
  await killed.boot();
  scene.entries = alive;
  scene.want("four", policy);
  const before = await scene.logins(living);
  await scene.step("the next up, all of them alive", up);
  const contacted = (await scene.logins(living)) - before;
  if (contacted > 0) scene.problems.push(`${contacted} logins to hosts that had nothing to do`);
  await scene.expect("the next up", ["four"], fleet.hosts);

  await stack.run(["destroy", "--yes", "--skip-preview"]);
  const [first] = fleet.hosts as [TestHost];
  const versions = await hostVersions(first, ["podman", "--version"], ["systemctl", "--version"]);
  const machine = describeMachine(load, [...(await toolVersions(work)), ...versions]);
  const factor = withDead / without;
  const verdict = `${factor.toFixed(2)} x (aim: at most ${aim}, **${factor <= aim ? "met" : "NOT met"}**)`;
  const plugin = memory.peaks.get("plugin") ?? 0;
  const { rows, problems } = scene;
  return { section: deadReport({ many, rows, line, verdict, plugin, problems }, machine), problems };
};

/** Leaves no space on the file system of the configuration. */
async function fill(host: TestHost): Promise<void> {
  await host.sh(`set -e; mkdir -p /run/covered; mount -t tmpfs -o size=64k,mode=0700 tmpfs /run/covered
    cp -a /etc/quadlet-fleet/www/. /run/covered/; mount --bind /run/covered /etc/quadlet-fleet/www; umount /run/covered
    cat /dev/zero >/etc/quadlet-fleet/www/full 2>/dev/null || true`);
}

/** The moment at which all of them have the page and no transaction, as this machine sees it. */
async function committedOn(hosts: readonly TestHost[], page: string): Promise<number> {
  const has = ({ name: host }: TestHost) => {
    const root = join(dataDirectory(name), host, "root");
    if (existsSync(join(root, "var/lib/quadlet-fleet/sets/www/journal"))) return false;
    return readFileSync(join(root, "etc/quadlet-fleet/www/conf.d/default.conf"), "utf8").includes(
      `page ${page}`,
    );
  };
  while (!hosts.every(has)) await sleep(200);
  return performance.now();
}

/** Waits until the host answers with the page. The host is held then, because not all others have got so far. */
async function serves(fleet: Fleet, host: TestHost, page: string): Promise<void> {
  for (;;) {
    const get = ["curl", "--silent", "--max-time", "2", `http://${host.address}/`];
    const { stdout } = await fleet.client(get, { check: false });
    if (stdout.trim() === `page ${page}`) return;
    await sleep(100);
  }
}
