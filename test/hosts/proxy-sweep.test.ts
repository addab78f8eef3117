import assert from "node:assert/strict";
import { type TestContext, before, test } from "node:test";
import type { TestHost } from "../../tools/fleet/index.ts";
import { eventually } from "./support/eventually.ts";
import { type Cut, freezer } from "./support/freezer.ts";
import { committed } from "./support/hold.ts";
import { openScene } from "./support/scene.ts";
import { difference, failedUnits, getNamed, hostEntry } from "./support/stack.ts";

// A proxy of the host's manager is one set, with its backends in the account's manager. An update changes nginx and its backends, and
// the power fails at a line of its journal: the host has all of the old version or all of the new one, and the next `up` goes on from there.
// QUADLET_FLEET_SWEEPS=10 tries each line ten times.

const { fleet, stack } = await openScene("proxysweep", { hosts: 5 });
const { hosts } = fleet;
type Version = "old" | "new";
const other = { old: "new", new: "old" } as const;

/** Each host has its own proxy, so that no host waits for another one that is stopped. */
const nameOf = (host: TestHost) => `front-${host.name}`;

/** Each version has another image and text; the new one also has one more backend and socket. */
function configure(version: Version): void {
  const image = `docker.io/library/nginx:${version === "old" ? 1 : 2}`;
  const says = `server { listen unix:@SOCKET@; location / { return 200 "${version}"; } }\n`;
  const extra = `add_header X-Front ${version} always;\n`;
  const page = {
    image,
    extra,
    serverName: "page.example.com",
    transport: "unix",
    nginx: { "default.conf": says },
  };
  const app = {
    ...{ image, extra, serverName: "app.example.com", port: 80 },
    volumes: [`/srv/${version}:/etc/nginx/conf.d:ro`],
  };
  const backends = {
    ...{ page, app },
    ...(version === "old" ? {} : { more: { ...app, serverName: "more.example.com" } }),
  };
  stack.configure({
    hosts: Object.fromEntries(hosts.map((host) => [host.name, hostEntry(fleet, host)])),
    proxies: Object.fromEntries(
      hosts.map((host) => [
        nameOf(host),
        {
          ...{ hosts: [host.name], user: "test", image, backends },
          listen: version === "old" ? ["0.0.0.0:82"] : ["0.0.0.0:82", "0.0.0.0:83"],
        },
      ]),
    ),
  });
}

const up = async (version: Version, check = true) => {
  configure(version);
  return await stack.run(["up", "--yes", "--skip-preview", "--parallel", "64"], { check });
};

const files = (host: TestHost) =>
  host.snapshot(["/etc/systemd/system", "/home/test/.config", "/var/lib/systemd/linger"]);

/** The files of a host with each version. */
const whole = new Map<string, Map<string, string>>();
/** How many lines the journal of an update to each version has. */
const lines = { old: 0, new: 0 };

/** What is wrong with a host for this version: files, enablement, answers, and what is left of a transaction. */
async function wrongWith(host: TestHost, version: Version): Promise<string[]> {
  const wrong = difference(
    whole.get(`${version} ${host.name}`) ?? new Map<string, string>(),
    await files(host),
  );
  for (const [name, expected] of [
    ["app", `200 ${version}`],
    ["page", `200 ${version}`],
    ["more", version === "new" ? "200 new" : "404"],
  ] as const) {
    const { status, body } = await getNamed(fleet, host, `${name}.example.com`, ["--include"]);
    const [, front = ""] = /^x-front: (\w+)/im.exec(body) ?? [];
    const answer = status === 200 ? `200 ${body.trim().split("\n").at(-1)}` : String(status);
    if (answer !== expected) wrong.push(`${name}: ${answer}, not ${expected}`);
    if (status === 200 && front !== version) wrong.push(`${name}: by the ${front} nginx`);
  }
  wrong.push(...(await failedUnits(host)).map((unit) => `${unit} has failed`));
  const left = await host.sh(
    `cd /var/lib/quadlet-fleet/sets/${nameOf(host)} && ls -d journal committed unfinished before rollback.new 2>/dev/null`,
    { check: false },
  );
  if (left.stdout !== "") wrong.push(`left over: ${left.stdout.trim().split("\n").join(", ")}`);
  return wrong;
}

before(async () => {
  for (const host of hosts)
    for (const version of ["old", "new"] as const)
      await host.write(
        `/srv/${version}/default.conf`,
        `server { listen 80; location / { return 200 "${version}"; } }\n`,
      );
  await up("old");
  for (const version of ["new", "old"] as const) {
    const watch = freezer(
      "proxysweep",
      hosts.map((host) => cut(host, Infinity)),
    );
    await up(version).finally(() => watch.stop());
    lines[version] = Math.max(...(await watch.outcomes).map((outcome) => outcome.lines));
    for (const host of hosts) whole.set(`${version} ${host.name}`, await files(host));
    for (const host of hosts) assert.deepEqual(await wrongWith(host, version), []);
  }
});

const cut = (host: TestHost, at: number): Cut => ({ host, manager: "system", set: nameOf(host), at });

/** Runs an `up`, cuts the power of each host at its own moment, and checks the hosts. */
async function sweep(t: TestContext, to: Version, moments: readonly number[]): Promise<void> {
  const chosen = hosts.slice(0, moments.length);
  const freeze = freezer(
    "proxysweep",
    chosen.map((host, index) => cut(host, moments[index] ?? 0)),
  );
  const running = up(to, false);
  void running.then(() => freeze.stop());
  const outcomes = await freeze.outcomes;
  try {
    await Promise.all(chosen.map((host) => host.powerLoss()));
  } finally {
    freeze.thaw();
  }
  await Promise.all(chosen.map((host) => host.boot()));
  const found = await Promise.all(
    chosen.map(async (host, index) => {
      const isNew = moments[index] === committed;
      const version = isNew ? to : other[to];
      const moment = isNew ? "after the commit" : `at line ${moments[index]}`;
      assert.ok(outcomes[index]?.frozen, `${host.name} was not stopped ${moment}`);
      await eventually(async () =>
        assert.deepEqual(await wrongWith(host, version), [], `${host.name}, ${moment}`),
      );
      return `${moment} (was ${outcomes[index].lines}): ${version}`;
    }),
  );
  t.diagnostic(`to ${to}: ${found.join(", ")}`);
  await running;
  await up(to);
  for (const host of hosts) assert.deepEqual(await wrongWith(host, to), [], host.name);
}

/** How often each line is tried. 0: once, and only as many moments as there are hosts. */
const times = Number(process.env.QUADLET_FLEET_SWEEPS ?? 0);

/** The lines of a journal, and the moment after the commit. */
function momentsOf(version: Version): number[] {
  const all = [...Array.from({ length: lines[version] + 1 }, (_, line) => line), committed];
  if (times > 0) return Array.from({ length: times }, () => all).flat();
  return hosts.map((_, index) => all[Math.round((index * (all.length - 1)) / (hosts.length - 1))]!);
}

test("a power loss in the middle, there and back: wholly old or new, and the next up converges", async (t) => {
  t.diagnostic(`lines: ${lines.new} to the new version, ${lines.old} back`);
  const moments = { new: momentsOf("new"), old: momentsOf("old") };
  for (let done = 0; done < Math.max(moments.new.length, moments.old.length); done += hosts.length)
    for (const version of ["new", "old"] as const) {
      const now = moments[version].slice(done, done + hosts.length);
      if (now.length === 0) await up(version);
      else await sweep(t, version, now);
    }
  await stack.expectNoChanges();
});

test("destroyed, nothing of it is left", async () => {
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  for (const host of hosts) {
    assert.equal((await host.run(["ls", "/var/lib/quadlet-fleet"], { check: false })).code, 2);
    assert.equal((await host.run(["ls", "/home/test/.local/state/quadlet-fleet"], { check: false })).code, 2);
    assert.deepEqual(await failedUnits(host), []);
  }
});
