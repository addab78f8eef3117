import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { TestHost } from "../../tools/fleet/index.ts";
import { eventually } from "./support/eventually.ts";
import { failures, line } from "../../tools/load/report.ts";
import { startLoad } from "../../tools/load/index.ts";
import { logins as loginsOf } from "./support/logins.ts";
import { openScene } from "./support/scene.ts";
import { difference, example2, get, hostEntry, listing } from "./support/stack.ts";

// A site on several hosts is one resource: a change reaches all of them or none, or the exceptions are named.

const { fleet, stack } = await openScene("rollout", { hosts: 5 });
const names = fleet.hosts.map((_, index) => `web-${index + 1}`);
const hostOf = (name: string) => fleet.hosts[names.indexOf(name)] as TestHost;

/** While this file exists, a host's new pages answer 500. A hook before the change makes it, so that only the activation fails. */
const breakage = "/srv/flags/broken";
const breaks = (...hosts: string[]) => ({
  before: [
    {
      command: [
        "sh",
        "-c",
        `case $(uname -n) in ${hosts.map((name) => hostOf(name).name).join("|") || "-"}) touch ${breakage} ;; esac`,
      ],
    },
  ],
  after: [{ command: ["rm", "-f", breakage] }],
});

function configure(
  page: string,
  change: object = {},
  hosts: Record<string, object> = {},
  without: string[] = [],
) {
  const all = names.filter((name) => !without.includes(name));
  const answer = `if (-f ${breakage}) { return 500; } return 200 "${page}";`;
  stack.configure({
    hosts: Object.fromEntries(all.map((name) => [name, hostEntry(fleet, hostOf(name), hosts[name])])),
    sites: {
      www: {
        ...example2,
        hosts: all,
        volumes: ["/srv/flags:/srv/flags:ro"],
        nginx: { "default.conf": `server { listen 80; location / { ${answer} } }\n` },
        rollout: { minHealthyTime: 1 },
        ...change,
      },
    },
  });
}

/** The answer of each host; "" for none. */
async function pages(): Promise<Record<string, string>> {
  const all = await Promise.all(
    names.map(async (name) => {
      const answer = ["--connect-timeout", "2"];
      const { status, body } = await get(fleet, `http://${hostOf(name).address}/`, answer);
      return [name, status === 200 ? body : ""];
    }),
  );
  return Object.fromEntries(all) as Record<string, string>;
}

const everywhere = (page: string, others: Record<string, string> = {}) => ({
  ...Object.fromEntries(names.map((name) => [name, page])),
  ...others,
});

/** The hosts that were logged in to during an action. */
async function contacted(action: () => Promise<unknown>): Promise<string[]> {
  const count = () => Promise.all(names.map(async (name) => (await loginsOf(hostOf(name))).length));
  const before = await count();
  await action();
  const after = await count();
  return names.filter((_, index) => after[index] !== before[index]);
}

/** Runs an `up` that may fail, and returns all its output. */
async function up() {
  const { code, stdout, stderr } = await stack.up({ check: false });
  return { code, said: stdout + stderr };
}

/** Runs an action with an environment variable, which the engine hands on to the provider. */
async function withVariable<T>(name: string, value: string, action: () => Promise<T>): Promise<T> {
  process.env[name] = value;
  try {
    return await action();
  } finally {
    Reflect.deleteProperty(process.env, name);
  }
}

async function outputs(): Promise<Record<string, unknown>> {
  const { stdout } = await stack.run(["stack", "export"]);
  const { deployment } = JSON.parse(stdout) as {
    deployment: { resources: { type: string; outputs: Record<string, unknown> }[] };
  };
  return deployment.resources.find(({ type }) => type === "quadlet:index:UnitSet")?.outputs ?? {};
}

before(async () => {
  await Promise.all(fleet.hosts.map((host) => host.run(["mkdir", "/srv/flags"])));
  configure("one");
});

test("a first up: one resource on five hosts, and the preview says in which order", async () => {
  const said = await stack.preview();
  assert.match(said, /rollout: web-1, then web-\[2-5\]; at most \d+ minutes; if a host fails, all go back/);
  assert.doesNotMatch(said, /PRIVATE|identityFile/);
  const { code, said: told } = await up();
  assert.equal(code, 0, told);
  assert.match(told, /UnitSet www created/);
  assert.deepEqual(await pages(), everywhere("one"));
  assert.deepEqual(await contacted(() => stack.expectNoChanges()), []);
});

test("a change that fails on the fourth host goes back everywhere, and no request fails", async (t) => {
  const was = await Promise.all(fleet.hosts.map(listing));
  const clients = { fresh: 2, kept: 1, pauseMs: 50 };
  const hosts = fleet.hosts.map(({ address }) => address);
  const load = await startLoad(fleet, { hosts, port: 80, paths: { "/": "^(one|two)$" }, ...clients });
  // The rehearsal is another unit, so only the activation of the new image fails, on one host.
  const dropIn = "/etc/systemd/system/www.service.d";
  const refusesNew = `mkdir -p ${dropIn}; printf '[Service]\\nExecStartPre=/bin/sh -c "! grep -q nginx:2 /etc/containers/systemd/www.container"\\n' >${dropIn}/broken.conf; systemctl daemon-reload`;
  const commands = {
    before: [{ command: ["sh", "-c", `case $(uname -n) in ${hostOf("web-4").name}) ${refusesNew} ;; esac`] }],
    after: [{ command: ["sh", "-c", `rm -rf ${dropIn}; systemctl daemon-reload`] }],
  };
  configure("two", { image: "docker.io/library/nginx:2", commands });
  assert.match(await stack.preview(), /web-\[1-5\]: hands www\.service over to its new version/);
  const { code, said } = await up();
  const report = await load.stop();
  t.diagnostic(line(report));
  assert.notEqual(code, 0);
  assert.match(said, /Nothing is changed on web-\[1-5\]: reverted\./);
  assert.match(said, /^ *web-4: /m);
  assert.deepEqual(await pages(), everywhere("one"));
  for (const [index, host] of fleet.hosts.entries()) {
    const changed = difference(was[index] ?? new Map<string, string>(), await listing(host));
    // A pulled image stays until the next change that succeeds, and is noted in this file.
    assert.deepEqual(
      changed.filter((path) => !path.startsWith("/var/lib/quadlet-fleet/pulled: ")),
      [],
    );
  }
  assert.equal(failures(report), 0);
  assert.match((await stack.run(["refresh", "--yes"])).stdout, /unchanged/);
  configure("one");
  await stack.expectNoChanges();
});

test("a failing canary is the only host that was touched", async () => {
  configure("two", { commands: breaks("web-1") });
  const { code, said } = await up();
  assert.notEqual(code, 0);
  assert.match(said, /Nothing is changed on web-\[1-5\]: reverted\./);
  assert.doesNotMatch(said, /wave 2/);
  assert.deepEqual(await pages(), everywhere("one"));
});

test("within maxFailures one host is old and named; the next up touches only that one", async () => {
  configure("three", { commands: breaks("web-4"), rollout: { minHealthyTime: 0, maxFailures: 1 } });
  const { code, said } = await up();
  assert.notEqual(code, 0);
  assert.match(said, /web-\[1-3,5\]: new version\./);
  assert.deepEqual(await pages(), everywhere("three", { "web-4": "one" }));
  const { pending, exceptions } = await outputs();
  assert.match(String(pending), /^web-4: /);
  assert.deepEqual(Object.keys(exceptions as object), ["web-4"]);
  const review = await stack.preview();
  assert.match(review, /- pending: "web-4: /);
  assert.doesNotMatch(review, /return 200/);
  configure("three", { rollout: { maxFailures: 1 } });
  assert.deepEqual(await contacted(() => stack.up()), ["web-4"]);
  assert.deepEqual(await pages(), everywhere("three"));
  await stack.expectNoChanges();
});

test("the program goes back after a partly failed change: the hosts that have it go back, too", async () => {
  configure("four", { commands: breaks("web-4"), rollout: { minHealthyTime: 0, maxFailures: 1 } });
  assert.notEqual((await up()).code, 0);
  configure("three");
  await stack.up();
  assert.deepEqual(await pages(), everywhere("three"));
  await stack.expectNoChanges();
});

test("pause: the canary has the new version, and the next up goes on", async () => {
  configure("five", { rollout: { pause: "canary", canaryHosts: ["web-2"], minHealthyTime: 0 } });
  assert.match(await stack.preview(), /rollout: web-2, .*stops after the canaries until the next up/);
  const { code, said } = await up();
  assert.equal(code, 0, said);
  assert.deepEqual(await pages(), everywhere("three", { "web-2": "five" }));
  assert.match(await stack.preview(), /- pending: "web-\[1,3-5\]: waits for the next `pulumi up`"/);
  assert.deepEqual(await contacted(() => stack.up()), ["web-1", "web-3", "web-4", "web-5"]);
  assert.deepEqual(await pages(), everywhere("five"));
  await stack.expectNoChanges();
});

test("QUADLET_FLEET_ONLY changes one host, and the others stay pending", async () => {
  configure("six");
  const only = await withVariable("QUADLET_FLEET_ONLY", "web-3", up);
  assert.equal(only.code, 0, only.said);
  assert.deepEqual(await pages(), everywhere("five", { "web-3": "six" }));
  assert.match(String((await outputs()).pending), /^web-\[1-2,4-5\]: held back$/);
  await stack.up();
  assert.deepEqual(await pages(), everywhere("six"));
});

test("a dead host: fail refuses before anything changes, skip leaves it pending, and it is brought in later", async () => {
  await hostOf("web-5").unplug();
  const dead = { "web-5": { connectTimeout: 3 } };
  try {
    configure("seven", {}, dead);
    const refused = await up();
    assert.notEqual(refused.code, 0);
    assert.match(refused.said, /Nothing is changed on web-\[1-5\]\.\n\s*web-5: no SSH connection/);
    configure("seven", { rollout: { offline: "skip", minHealthyTime: 0 } }, dead);
    const skipped = await up();
    assert.equal(skipped.code, 0, skipped.said);
    assert.match(String((await outputs()).pending), /^web-5: unreachable$/);
  } finally {
    await hostOf("web-5").plug();
  }
  await eventually(async () => assert.deepEqual(await pages(), everywhere("seven", { "web-5": "six" })));
  configure("seven");
  assert.deepEqual(await contacted(() => stack.up()), ["web-5"]);
  assert.deepEqual(await pages(), everywhere("seven"));
});

test("a host that is offline by the inventory is not dialled, and an unchanged up dials none", async () => {
  const away = { "web-5": { state: "offline" } };
  configure("eight", {}, away);
  assert.deepEqual(await contacted(() => stack.up()), names.slice(0, 4));
  assert.match(String((await outputs()).pending), /^web-5: offline$/);
  assert.deepEqual(await contacted(() => stack.up()), []);
  configure("eight");
  assert.deepEqual(await contacted(() => stack.up()), ["web-5"]);
  await stack.expectNoChanges();
});

test("a host that another address leads to is no other host", async () => {
  const other = hostOf("web-5").address.replace(/\.\d+$/, ".205");
  const device =
    (
      await hostOf("web-5").sh(
        "ip -o -4 route get 192.0.2.1 | sed 's/.* dev \\([^ ]*\\).*/\\1/'; ip -o -4 addr show scope global | awk '{print $2; exit}'",
      )
    ).stdout
      .trim()
      .split("\n")
      .at(-1) ?? "";
  await hostOf("web-5").run(["ip", "address", "add", `${other}/24`, "dev", device]);
  configure("eight", {}, { "web-5": { address: other } });
  assert.match(
    await stack.preview(),
    new RegExp(`~ where\\s*: {\\s+~ web-5\\s*: "${hostOf("web-5").address}" => "${other}"`),
  );
  await stack.up();
  assert.deepEqual(await pages(), everywhere("eight"));
  await stack.expectNoChanges();
  configure("eight");
  await stack.up();
  await stack.expectNoChanges();
  await hostOf("web-5").run(["ip", "address", "del", `${other}/24`, "dev", device]);
});

test("a host leaves and comes back; the others are not touched", async () => {
  configure("eight", {}, {}, ["web-4"]);
  assert.match(await stack.preview(), /web-4: loses www/);
  assert.deepEqual(await contacted(() => stack.up()), ["web-4"]);
  assert.deepEqual(await pages(), everywhere("eight", { "web-4": "" }));
  assert.equal((await hostOf("web-4").run(["ls", "/var/lib/quadlet-fleet"], { check: false })).code, 2);
  configure("eight");
  assert.match(await stack.preview(), /web-4: gets www/);
  assert.deepEqual(await contacted(() => stack.up()), ["web-4"]);
  assert.deepEqual(await pages(), everywhere("eight"));
});

test("a refresh looks at all hosts, folds what it finds, and up repairs only those", async () => {
  for (const name of ["web-2", "web-3"])
    await hostOf(name).sh("echo '# by hand' >>/etc/containers/systemd/www.container");
  const { stdout } = await stack.run(["refresh", "--yes", "--diff"]);
  assert.match(stdout, /\+ "?web-\[2-3\]"?\s*: "[^"]*edited: \/etc\/containers\/systemd\/www\.container/);
  assert.deepEqual(await contacted(() => stack.up()), ["web-2", "web-3"]);
  await stack.expectNoChanges();
});

test("destroy with a dead host removes the set from all others, and forgets that one when it is told to", async () => {
  await hostOf("web-5").unplug();
  try {
    configure("eight", {}, { "web-5": { connectTimeout: 3 } });
    await stack.up();
    const { code, stdout, stderr } = await stack.run(["destroy", "--yes"], { check: false });
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, /QUADLET_FLEET_FORGET=web-5 pulumi destroy/);
    assert.deepEqual(await pages(), everywhere("", {}));
    await withVariable("QUADLET_FLEET_FORGET", "web-5", () => stack.run(["destroy", "--yes"]));
  } finally {
    await hostOf("web-5").plug();
  }
  assert.equal((await get(fleet, `http://${hostOf("web-5").address}/`)).body, "eight");
});
