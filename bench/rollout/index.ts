import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { killEngine } from "../../test/hosts/support/engine.ts";
import { failures } from "../../test/hosts/support/load-report.ts";
import { startLoad } from "../../test/hosts/support/load.ts";
import { type Stack, example2, hostEntry, makeStack } from "../../test/hosts/support/stack.ts";
import { logins } from "../../test/hosts/support/logins.ts";
import { type Fleet, type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { configuration, expectPage, images, urls } from "../job.ts";
import { describeMachine, hostVersions, toolVersions } from "../machine.ts";
import type { Part } from "../part.ts";
import { type Row, rolloutReport } from "./report.ts";

const [image, other] = images;
const site = "www";

/** How often engine and plugin are killed, each time at another moment. */
const kills = 10;

/**
 * A site on many hosts: how long a rollout takes, what is left when hosts fail in the middle of it, and when its coordinator is killed.
 * Requests go to every host all the time, and none may fail.
 */
export const benchRollout: Part = async ({ hosts: many, work, load }) => {
  await using fleet = await createFleet({ name: "bench", hosts: many });
  await using stack = await makeStack("bench-rollout");
  process.on("exit", () => rmSync(stack.file, { force: true }));
  const scene = new Scene(fleet, stack);
  const rows: Row[] = [];
  const problems: string[] = [];
  const step = async (what: string, action: () => Promise<number>, expected: number) => {
    const [began, before] = [performance.now(), await countLogins(fleet)];
    const code = await action();
    const seconds = (performance.now() - began) / 1000;
    rows.push({ what, seconds, logins: ((await countLogins(fleet)) - before) / many });
    console.error(`bench: ${what}: ${seconds.toFixed(1)} s`);
    if (code !== expected) problems.push(`${what}: exit status ${code}`);
  };
  const answers = async (what: string, page: string, among = fleet.hosts) => {
    const wrong = await scene.others(page, among);
    if (wrong.length > 0) problems.push(`${what}: not "page ${page}": ${wrong.join(", ")}`);
  };

  scene.want("one");
  await step("first up", () => scene.up(), 0);
  await expectPage(fleet, urls(fleet), "one");
  await step("unchanged up", () => scene.up(), 0);
  scene.want("two");
  await step("one-file change", () => scene.up(), 0);
  scene.want("three", { rollout: { canary: 0, minHealthyTime: 0 } });
  await step("one-file change, all hosts at once", () => scene.up(), 0);
  await step("refresh", async () => (await stack.run(["refresh", "--yes", "--skip-preview"])).code, 0);

  const loads = await Promise.all(
    fleet.hosts.map((host) =>
      startLoad(fleet, {
        ...{ host: host.address, port: 80, paths: { "/": "^page " }, fresh: 1, kept: 1, pauseMs: 500 },
        ...{ maxSeconds: 3000, maxRequests: 1_000_000 },
      }),
    ),
  );
  const [bad, second] = [Math.ceil(many * 0.6), Math.ceil(many * 0.8)].map(
    (at) => fleet.hosts[at - 1],
  ) as TestHost[];
  const failing = [bad, second].filter((host) => host !== undefined);

  scene.want("four", { image: other, commands: scene.refusing(failing.slice(0, 1)) });
  await step("image change that fails on one host: all go back", () => scene.up(), 255);
  await answers("all go back", "three");
  scene.want("three");
  await step("a preview finds nothing afterwards", () => scene.up(), 0);

  scene.want("five", { image: other, commands: scene.refusing(failing), rollout: { maxFailures: 2 } });
  await step("image change that fails on two hosts, maxFailures: 2", () => scene.up(), 255);
  await answers(
    "within the budget",
    "five",
    fleet.hosts.filter((host) => !failing.includes(host)),
  );
  await answers("the failed hosts", "three", failing);
  scene.want("five", { image: other });
  await step("the next up: the two hosts", () => scene.up(), 0);
  await answers("the next up", "five");

  for (let kill = 0; kill < kills; kill += 1) {
    scene.want(`kill ${kill}`);
    const moment = 1000 + Math.random() * 12_000;
    const what = `killed after ${(moment / 1000).toFixed(1)} s`;
    const running = scene.up();
    await sleep(moment);
    killEngine(stack.name);
    await running;
    await stack.run(["cancel", "--yes"], { check: false });
    await step(`${what}: the next up`, () => scene.up(), 0);
    await answers(what, `kill ${kill}`);
  }

  const reports = await Promise.all(loads.map((one) => one.stop()));
  const requests = reports.reduce((sum, { fresh, kept }) => sum + fresh.requests + kept.requests, 0);
  const failed = reports.reduce((sum, report) => sum + failures(report), 0);
  if (failed > 0) problems.push(`${failed} of ${requests} requests failed`);
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  const [first] = fleet.hosts as [TestHost];
  const versions = await hostVersions(first, ["podman", "--version"], ["systemctl", "--version"]);
  const machine = describeMachine(load, [...(await toolVersions(work)), ...versions]);
  return { section: rolloutReport({ many, rows, requests, failed, kills, problems }, machine), problems };
};

async function countLogins(fleet: Fleet): Promise<number> {
  const all = await Promise.all(fleet.hosts.map(logins));
  return all.flat().length;
}

/** The site, and what the hosts answer. */
class Scene {
  readonly #fleet: Fleet;
  readonly #stack: Stack;

  constructor(fleet: Fleet, stack: Stack) {
    this.#fleet = fleet;
    this.#stack = stack;
  }

  want(page: string, change: object = {}): void {
    const hosts = Object.fromEntries(
      this.#fleet.hosts.map((host) => [host.name, hostEntry(this.#fleet, host)]),
    );
    const nginx = { "default.conf": configuration(page) };
    const wanted = { ...example2, image, hosts: Object.keys(hosts), nginx, ...change };
    this.#stack.configure({ hosts, sites: { [site]: wanted } });
  }

  async up(): Promise<number> {
    return (await this.#stack.up({ check: false, timeoutMs: 1_800_000 })).code;
  }

  /** Commands by which the new image does not start on these hosts, although its rehearsal goes well. */
  refusing(hosts: readonly TestHost[]): object {
    const dropIn = `/etc/systemd/system/${site}.service.d`;
    const test = `! grep -q ${other} /etc/containers/systemd/${site}.container`;
    const write = `mkdir -p ${dropIn}; printf '[Service]\\nExecStartPre=/bin/sh -c "${test}"\\n' >${dropIn}/broken.conf`;
    const names = hosts.map(({ name }) => name).join("|");
    const script = `case $(uname -n) in ${names}) ${write}; systemctl daemon-reload ;; esac`;
    const mend = `rm -rf ${dropIn}; systemctl daemon-reload`;
    return { before: [{ command: ["sh", "-c", script] }], after: [{ command: ["sh", "-c", mend] }] };
  }

  /** Hosts that answer with another page. */
  async others(page: string, hosts: readonly TestHost[]): Promise<string[]> {
    const found = await Promise.all(
      hosts.map(async ({ name, address }) => {
        const { stdout } = await this.#fleet.client(
          ["curl", "--silent", "--max-time", "10", `http://${address}/`],
          {
            check: false,
          },
        );
        return stdout.trim() === `page ${page}` ? [] : [name];
      }),
    );
    return found.flat();
  }
}
