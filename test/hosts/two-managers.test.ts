import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { quadletFleet } from "./support/command-line.ts";
import { eventually } from "./support/eventually.ts";
import { hold, kill } from "./support/hold.ts";
import { openScene } from "./support/scene.ts";
import {
  difference,
  example1,
  failedUnits,
  getNamed,
  hostEntry,
  image,
  listing,
  makeStack,
} from "./support/stack.ts";

// A set of the host's manager with units in the account's manager: next to sets of that manager, with an account that is in the way, with a
// killed script, with a rollback, and with a move from one manager to the other.

const scene = await openScene("managers");
const { fleet, host, stack } = scene;
const other = await makeStack("test-managers-other");
after(() => other[Symbol.asyncDispose]());
const account = { user: "test" };

/** nginx and its two backends answer with the same text. */
function configure(says: string, change: object = {}, backends: object = {}): void {
  const extra = `add_header X-Front "${says}" always;\n`;
  const page = `server { listen unix:@SOCKET@; location / { return 200 "${says}"; } }\n`;
  scene.configure({
    proxies: {
      front: {
        ...{ hosts: ["web-1"], user: "test", image, listen: ["0.0.0.0:82"] },
        backends: {
          page: {
            ...{ image, extra, serverName: "page.example.com", transport: "unix" },
            nginx: { "default.conf": page },
          },
          app: { image, extra, serverName: "app.example.com", port: 80, environment: { SAYS: says } },
          ...backends,
        },
        ...change,
      },
    },
  });
}

function configureOther(sites: Record<string, object>): void {
  const hosts = { "web-1": hostEntry(fleet, host) };
  other.configure({
    hosts,
    sites: Object.fromEntries(
      Object.entries(sites).map(([name, site]) => [name, { ...example1, listen: ["0.0.0.0:8080"], ...site }]),
    ),
  });
}

/** All three have this version, and serve. */
async function serves(says: string): Promise<void> {
  for (const name of ["app", "page"]) {
    const { status, body } = await getNamed(fleet, host, `${name}.example.com`, ["--include"]);
    assert.deepEqual([name, status, /^x-front: (.*?)\s*$/im.exec(body)?.[1]], [name, 200, says]);
    if (name === "page") assert.equal(body.trim().split("\n").at(-1), says);
  }
  const { stdout } = await host.run(["podman", "inspect", "--format={{.Config.Env}}", "app"], account);
  assert.match(stdout, new RegExp(`SAYS=${says}\\b`));
  assert.deepEqual(await failedUnits(host), []);
}

before(async () => {
  configure("one");
  await stack.up();
  await serves("one");
});

test("a set of the account's own manager can't have the unit of a backend", async () => {
  configureOther({ app: {} });
  const { code, stdout, stderr } = await other.up({ check: false });
  assert.notEqual(code, 0);
  assert.match(stdout + stderr, /app\.container belongs to the set "front" on this host/);
  await serves("one");
});

test("nor the other way round, and a backend that goes leaves its name to others", async () => {
  configureOther({ shop: {} });
  await other.up();
  const shop = { image, serverName: "shop.example.com", port: 80 };
  configure("one", {}, { shop });
  const { code, stdout, stderr } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  assert.match(stdout + stderr, /shop\.container belongs to the set "shop" on this host/);
  await other.run(["destroy", "--yes", "--skip-preview"]);
  await stack.up();
  configure("one");
  await stack.up();
  await other.up();
  await other.run(["destroy", "--yes", "--skip-preview"]);
  await serves("one");
});

test("a file of a backend that podman's generator refuses: said by its name, as by the account's own", async () => {
  const was = await listing(host);
  configure(
    "one",
    {},
    { bad: { image, serverName: "bad.example.com", port: 80, volumes: ["nowhere.volume:/x"] } },
  );
  const { code, stdout, stderr } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  assert.match(stdout + stderr, /validating the units failed: [^]*bad\.container/);
  assert.deepEqual(difference(was, await listing(host)), []);
});

test("an account that never gives its lock away delays a deploy, and does not stop it", async () => {
  const holder = [
    "systemd-run",
    "--user",
    "--unit=holder",
    "flock",
    "/run/user/1000/systemd",
    "sleep",
    "infinity",
  ];
  await host.run(holder, account);
  try {
    configure("two");
    await stack.up();
    await serves("two");
  } finally {
    await host.run(["systemctl", "--user", "stop", "holder.service"], account);
  }
});

test("the script is killed in the middle: nginx and its backends are as they were", async () => {
  configure("three");
  const cut = { host, manager: "system", set: "front", at: 10 } as const;
  const { code, saw } = await hold(stack, "managers", cut, kill);
  assert.notEqual(code, 0, saw);
  await eventually(() => serves("two"));
  await stack.up();
  await serves("three");
  await stack.expectNoChanges();
});

test("the script is killed while the new version is held: all go back", async () => {
  // Before the hook ends, the host is held.
  const waits = ["sh", "-c", "while [ ! -e /run/killed ]; do sleep 0.2; done"];
  configure("held", { commands: { after: [{ command: waits }] } });
  const up = stack.up({ check: false });
  await eventually(() => serves("held"));
  await host.run(["test", "-e", "/var/lib/quadlet-fleet/sets/front/inbox"]);
  await host.run(["systemctl", "kill", "--signal=KILL", "quadlet-fleet-*.service"]);
  await host.run(["touch", "/run/killed"]);
  const { code, stdout, stderr } = await up;
  assert.notEqual(code, 0);
  assert.match(stdout + stderr, /the deploy script on it was killed/);
  await serves("three");
});

test("a rollback brings back nginx and its backends, and status has one line for both", async () => {
  const { code, stdout, stderr } = await quadletFleet(stack, ["rollback", "front", "--yes"]);
  assert.equal(code, 0, stdout + stderr);
  await serves("two");
  const status = await quadletFleet(stack, ["status", "--json"]);
  const rows = JSON.parse(status.stdout) as { site: string; active: Record<string, boolean> }[];
  assert.deepEqual(
    rows.map(({ site }) => site),
    ["front"],
  );
  assert.deepEqual(
    Object.entries(rows[0]?.active ?? {}).sort(),
    [
      ...["app.service", "front-backends.target", "front-net-network.service", "front-sockets.service"],
      ...["front.service", "front.socket", "page.service", "page.socket"],
    ].map((unit) => [unit, true]),
  );
});

for (const manager of ["user", "system"])
  test(`it moves to manager ${manager}`, async () => {
    configure("four", { manager, listen: ["0.0.0.0:8082"] });
    await stack.up();
    const ask = ["--resolve", `page.example.com:8082:${host.address}`, "http://page.example.com:8082/"];
    const { stdout } = await fleet.client(["curl", "--silent", ...ask]);
    assert.equal(stdout, "four");
    const sets = await host.sh(
      "ls /var/lib/quadlet-fleet/sets /home/test/.local/state/quadlet-fleet/sets 2>/dev/null",
      {
        check: false,
      },
    );
    assert.equal(sets.stdout.match(/^front$/gm)?.length, 1, sets.stdout);
    assert.deepEqual(await failedUnits(host), []);
    await stack.expectNoChanges();
  });

test("destroyed, nothing of it is left", async () => {
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  for (const path of [
    "/var/lib/quadlet-fleet",
    "/home/test/.local/state/quadlet-fleet",
    "/home/test/.config/systemd",
  ])
    assert.equal((await host.run(["ls", path], { check: false })).code, 2, path);
  const { stdout } = await host.sh(
    "podman ps --all --quiet; podman network ls --format '{{.Name}}'",
    account,
  );
  assert.equal(stdout.trim(), "podman");
});
