import assert from "node:assert/strict";
import { afterEach, before, beforeEach } from "node:test";
import type { Desired } from "../../../host/desired.ts";
import { Deployment, deployedSet } from "./deployment.ts";
import { eventually } from "./eventually.ts";
import { freezer } from "./freezer.ts";
import { underLoad } from "../../../tools/load/index.ts";
import { failures, line } from "../../../tools/load/report.ts";
import { openScene } from "./scene.ts";
import { example2, failedUnits, get } from "./stack.ts";

/** An event in the middle of a transaction: its connection ends, all its processes are killed, only its script is, or the power fails. */
export type Cause = (deployment: Deployment) => unknown;

/** A host with Example 2, and transactions of it. Each test has its own page, deployed by a restart. */
export async function openDeployments(name: string) {
  const scene = await openScene(name);
  const { fleet, host, stack } = scene;
  const target = {
    address: host.address,
    user: "root",
    hostKey: host.hostKey,
    identityFile: fleet.identityFile,
  };
  const own = "/var/lib/quadlet-fleet/sets/example2";
  let base: Desired;
  /** The page of this test, and the page that is served when no transaction is at work. */
  const now = { page: 0, served: 0 };

  before(async () => {
    const nginx = { "default.conf": 'server { listen 80; location / { return 200 "page 0"; } }\n' };
    scene.configure({ sites: { example2: { ...example2, nginx } } });
    await stack.up();
    base = await deployedSet(stack);
  });

  beforeEach(() => {
    now.page += 1;
  });

  // Also if a test has failed.
  const deployments: Deployment[] = [];
  afterEach(async () => {
    for (const deployment of deployments.splice(0)) {
      await deployment.member.revert();
      await deployment.end();
    }
  });

  /** The set with the page of this test, and with a changed container. */
  function wanted(): Desired {
    const files = base.files.map((file) => ({
      ...file,
      content: file.content
        .replace("page 0", `page ${now.page}`)
        .replace("[Container]\n", `[Container]\nEnvironment=PAGE=${now.page}\n`),
    }));
    return { ...base, files };
  }

  function start(grace?: number, desired = wanted()): Deployment {
    const deployment = new Deployment(target, desired, grace);
    deployments.push(deployment);
    return deployment;
  }

  const isServed = async (number: number) =>
    assert.equal((await get(fleet, `http://${host.address}:80/`)).body, `page ${number}`);
  const record = async () =>
    (await host.run(["cut", "-d", " ", "-f", "2,3", `${own}/transaction`])).stdout.trim();

  /** No transaction, no lock and no files of one are left. */
  async function isAtRest(): Promise<void> {
    await eventually(async () => {
      await host.run(["flock", "--nonblock", "/run/quadlet-fleet-lock.example2", "true"]);
      const list = ["list-units", "--plain", "--no-legend", "--all", "quadlet-fleet-*"];
      assert.equal(
        (await host.run(["systemctl", ...list])).stdout.replace(/^quadlet-fleet-recovery.*\n/, ""),
        "",
      );
    });
    const { stdout } = await host.sh(
      `cd ${own} && ls -d journal unfinished before rollback.new committed inbox detached transaction.new 2>/dev/null; ls -d /etc/systemd/system/.quadlet* /etc/containers/systemd/.quadlet* 2>/dev/null; ls /run/containers/systemd /run/systemd/system 2>/dev/null | grep -E -- '-(handover|rehearsal)' || true`,
      { check: false },
    );
    assert.equal(stdout, "");
    assert.deepEqual(await failedUnits(host), []);
    // An nginx that was stopped by SIGTERM, or killed, has dropped requests.
    const cut = ["--quiet", "--output=cat", "--unit=example2*", "--grep=signal 15 |status=137"];
    assert.equal((await host.run(["journalctl", ...cut], { check: false })).stdout, "");
  }

  /** The host has reverted by itself, as its record says, and the next transaction deploys the page. */
  async function isOld(because: string): Promise<void> {
    await eventually(async () => assert.equal(await record(), `reverted ${because}`));
    await isAtRest();
    await isServed(now.served);
    await converges();
  }

  async function isNew(): Promise<void> {
    await isAtRest();
    assert.equal(await record(), "committed asked");
    await isServed(now.page);
    now.served = now.page;
  }

  async function converges(desired = wanted()): Promise<void> {
    const next = start(2, desired);
    await next.held();
    assert.deepEqual(await next.member.commit(), { kind: "committed" });
    await next.end();
    await isNew();
  }

  /** Stops a transaction at a line of its journal, runs an action, and lets the transaction go on. */
  async function stoppedAt<T>(at: number, work: () => Promise<T>, action: () => unknown): Promise<T> {
    const freeze = freezer(name, [{ host, manager: "system", set: "example2", at }]);
    const result = work();
    void result.catch(() => undefined).then(() => freeze.stop());
    try {
      const [outcome] = await freeze.outcomes;
      if (!outcome?.frozen) throw new Error(`the transaction was not caught: ${JSON.stringify(outcome)}`);
      await action();
    } finally {
      freeze.thaw();
    }
    return await result;
  }

  /** Sends requests during an action, and checks that none of them fails. */
  async function underRequests(action: () => Promise<unknown>): Promise<void> {
    // About 200 a second: with more, the load would take the processor from the transaction.
    const clients = { fresh: 4, kept: 2, pauseMs: 25 };
    const load = { hosts: [host.address], port: 80, paths: { "/": "page " }, ...clients };
    const report = await underLoad(fleet, load, action);
    assert.equal(failures(report), 0, line(report));
  }

  const cut: Cause = (deployment) => deployment.cut();
  const killed: Cause = async () =>
    host.run(["systemctl", "kill", "--signal=KILL", "--kill-whom=all", await running()]);
  const scriptKilled: Cause = () => host.sh("pkill -KILL -f 'transaction.s[h] locked system example2'");
  const powerLoss: Cause = () => host.powerLoss();

  /** The unit of the transaction that is at work. */
  async function running(): Promise<string> {
    const list = ["list-units", "--plain", "--no-legend", "--state=running", "quadlet-fleet-*"];
    return (await host.run(["systemctl", ...list])).stdout.split(" ")[0] ?? "";
  }

  /** Keeps the connections open, but lets nothing through them until the returned function is called. */
  async function mute(): Promise<() => Promise<unknown>> {
    const { stdout } = await host.run(["pgrep", "-f", "^sshd-session: root@notty"]);
    const sessions = stdout.trim().split("\n");
    await host.run(["kill", "-STOP", ...sessions]);
    return () => host.run(["kill", "-CONT", ...sessions], { check: false });
  }

  async function silence(action: () => Promise<unknown>): Promise<void> {
    const speak = await mute();
    try {
      await action();
    } finally {
      await speak();
    }
  }

  /** Waits until the host has noticed that the connection is lost. */
  async function detached(): Promise<void> {
    await eventually(async () => void (await host.run(["test", "-e", `${own}/detached`])));
  }

  /** The number of lines in the journal. */
  async function lines(): Promise<number> {
    return Number((await host.run(["grep", "-c", "", `${own}/journal`])).stdout);
  }

  const causes = { cut, killed, scriptKilled, powerLoss, mute, silence };
  const looks = { isServed, isAtRest, isOld, isNew, record, lines, detached };
  return { host, stack, now, start, stoppedAt, wanted, underRequests, ...causes, ...looks };
}
