import assert from "node:assert/strict";
import { constants } from "node:fs";
import { type TestContext, before, test } from "node:test";
import {
  type LoadOptions,
  downloadLocation,
  downloadVolume,
  serveDownload,
  startLoad,
  underLoad,
} from "../../tools/load/index.ts";
import { type Download, type LoadReport, failed, failures, line } from "../../tools/load/report.ts";
import { openScene } from "./support/scene.ts";
import { example1, example2, get } from "./support/stack.ts";

// No request fails during a change of a site: Example 1 and Example 2, both at once, each under its own load.

const scene = await openScene("zero");
const { fleet, host, stack } = scene;
let short: Download;
let long: Download;

/** The present values of the sites; each test goes on where the last one ended. */
const now = { page: 0, image: 1, release: 0, more: [1] };
const ports = { example1: 8080, example2: 80 };
const sites = Object.keys(ports) as (keyof typeof ports)[];

/** An up after a change of both sites. */
async function change(to: Partial<typeof now>): Promise<void> {
  Object.assign(now, to);
  const site = (name: keyof typeof ports, example: object) => {
    const listen = [0, ...now.more].map((more) => ports[name] + more);
    return {
      ...example,
      image: `docker.io/library/nginx:${now.image}`,
      listen: listen.map((port) => `0.0.0.0:${port}`),
      environment: { RELEASE: String(now.release) },
      volumes: [downloadVolume],
      nginx: { "default.conf": configuration(listen, now.page) },
    };
  };
  scene.configure({ sites: { example1: site("example1", example1), example2: site("example2", example2) } });
  await stack.up();
}

const configuration = (listen: number[], page: number) => `server {
${listen.map((port) => `  listen ${port};\n`).join("")}  access_log off;
  location = /page { return 200 "page ${page}"; }
  location / { root /usr/share/nginx/html; }
  ${downloadLocation}
}
`;

function load(name: keyof typeof ports, downloads: Download[] = [short]): LoadOptions {
  const paths = { "/page": "^page (\\d+)$", "/": "Welcome to nginx![^]*: version (\\d+)\\." };
  return { hosts: [host.address], port: ports[name], paths, downloads };
}

/** The reports of both sites' loads during an action. They are printed, too. */
async function both(
  t: TestContext,
  action: () => Promise<unknown>,
  downloads?: Download[],
): Promise<LoadReport[]> {
  const loads = await Promise.all(sites.map((name) => startLoad(fleet, load(name, downloads))));
  const stop = async () => {
    const reports = await Promise.all(loads.map((each) => each.stop()));
    reports.forEach((report, index) => say(t, sites[index] ?? "", report));
    return reports;
  };
  try {
    await action();
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return await stop();
}

function say(t: TestContext, what: string, report: LoadReport): void {
  t.diagnostic(`${what}: ${line(report)}`);
  for (const example of report.examples) t.diagnostic(`  ${example}`);
}

function nothingFailed(report: LoadReport, ...seen: string[]): void {
  assert.equal(failures(report), 0, line(report));
  assert.equal(report.bounded, false, "the load ended before the change did");
  assert.ok(report.fresh.requests > 100 && report.kept.requests > 20, line(report));
  assert.ok(report.downloads.requests >= 3, "no download was under way");
  for (const body of seen) assert.ok(report.bodies[body], `nobody has seen "${body}"`);
}

before(async () => {
  [short, long] = [await serveDownload(host, 3, 3), await serveDownload(host, 10, 1)];
  await change({});
});

test("three configuration reloads", async (t) => {
  const reports = await both(t, async () => {
    for (let round = 1; round <= 3; round += 1) await change({ page: now.page + 1 });
  });
  for (const report of reports) nothingFailed(report, "/page 0", "/page 1", "/page 3");
});

test("a worker that comes second to a connection is not held up: the inherited sockets do not block", async () => {
  // systemd hands sockets on in blocking mode (systemd.service(5), NonBlocking=), and nginx does not change the sockets it inherits. If
  // another worker is faster to accept a connection, a worker then sleeps in accept(2) with all of its clients until the next
  // connection comes: around reloads, requests get no answer.
  for (const name of sites) {
    await get(fleet, `http://${host.address}:${ports[name]}/page`);
    const user = name === "example1" ? "test" : "root";
    const inside = ["podman", "exec", `systemd-${name}`, "sh", "-c", "cat /proc/1/fdinfo/3 /proc/1/fdinfo/4"];
    const flags = [...(await host.run(inside, { user })).stdout.matchAll(/^flags:\s+(\d+)$/gm)];
    assert.equal(flags.length, 2);
    for (const [line, octal] of flags)
      assert.ok(parseInt(octal ?? "", 8) & constants.O_NONBLOCK, `${name}: ${line}`);
  }
});

test("two image updates", async (t) => {
  const reports = await both(t, async () => {
    for (let round = 1; round <= 2; round += 1) await change({ image: 3 - now.image });
  });
  for (const report of reports) nothingFailed(report, "/ 1", "/ 2");
});

test("two environment changes", async (t) => {
  const reports = await both(t, async () => {
    for (let round = 1; round <= 2; round += 1) await change({ release: now.release + 1 });
  });
  for (const report of reports) nothingFailed(report);
});

test("a new request during an image update with a 10 s download in flight waits for a fraction of what it does in a plain restart", async (t) => {
  const updates = await both(t, () => change({ image: 3 - now.image }), [long]);
  const restarts = await both(
    t,
    () =>
      Promise.all([
        host.run(["systemctl", "--user", "restart", "example1.service"], { user: "test" }),
        host.run(["systemctl", "restart", "example2.service"]),
      ]),
    [long],
  );
  for (const [index, update] of updates.entries()) {
    assert.equal(failures(update), 0, line(update));
    assert.ok(update.bodies[`/ ${now.image}`], "nobody has seen the new version");
    // In a restart, the request waits for most of the download. Usually an update takes a hundredth of that.
    const [inUpdate, inRestart = 0] = [update.fresh.slowestMs, restarts[index]?.fresh.slowestMs];
    assert.ok(inUpdate < inRestart / 4, `${inUpdate.toFixed(0)} ms, ${inRestart.toFixed(0)} ms in a restart`);
  }
});

test("the counting can fail: a stop of socket and service", async (t) => {
  const report = await underLoad(fleet, load("example2"), async () => {
    await host.run(["systemctl", "stop", "example2.socket", "example2-81.socket", "example2.service"]);
    await host.run(["systemctl", "start", "example2.socket", "example2-81.socket"]);
  });
  say(t, "stop and start", report);
  assert.ok(report.fresh.refused > 0, line(report));
  assert.ok(failed(report.kept) > 0, line(report));
});

test("the counting can fail: an end by SIGTERM", async (t) => {
  const report = await underLoad(fleet, load("example2"), async () => {
    await host.run(["podman", "kill", "--signal=TERM", "systemd-example2"]);
  });
  say(t, "SIGTERM", report);
  assert.ok(report.downloads.cut > 0, line(report));
});

test("one of two ports is changed: the other one has no failures", async (t) => {
  const reports = await both(t, () => change({ more: [2] }));
  for (const report of reports) nothingFailed(report);
  for (const name of sites) {
    const at = (more: number) =>
      fleet.client(["curl", "--silent", `http://${host.address}:${ports[name] + more}/page`], {
        check: false,
      });
    assert.equal((await at(2)).stdout, `page ${now.page}`);
    // curl(1): 7 is "failed to connect".
    assert.equal((await at(1)).code, 7, "the port that is gone still answers");
  }
});
