import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestHost } from "../../tools/fleet/index.ts";
import { openScene } from "./support/scene.ts";
import { difference, example1, failedUnits, get, hostEntry, listing } from "./support/stack.ts";

// A site with another service manager or account is still the same resource: it moves host by host, in waves, and rolls back as a whole.

const { fleet, stack } = await openScene("succession", { hosts: 2 });
const [one, two] = fleet.hosts as [TestHost, TestHost];

const rootless = { manager: "user", user: "test" };
const behindRoot = { manager: "system", user: "test" };
const rootful = { manager: "system" };
const breakage = "/srv/flags/broken";

function configure(page: string, keeper: object, change: object = {}): void {
  const answer = `if (-f ${breakage}) { return 500; } return 200 "${page}";`;
  const { manager, user, ...rest } = example1;
  assert.ok(manager && user);
  stack.configure({
    hosts: { "web-1": hostEntry(fleet, one), "web-2": hostEntry(fleet, two) },
    sites: {
      www: {
        ...rest,
        ...keeper,
        hosts: ["web-1", "web-2"],
        volumes: ["/srv/flags:/srv/flags:ro"],
        nginx: { "default.conf": `server { listen 8080; location / { ${answer} } }\n` },
        rollout: { minHealthyTime: 0 },
        ...change,
      },
    },
  });
}

const page = async ({ address }: TestHost) => (await get(fleet, `http://${address}:8080/`)).body;
const pages = async () => await Promise.all([page(one), page(two)]);

/** The places in which a host has the socket's unit file. */
async function keepers(host: TestHost): Promise<string[]> {
  const places = { system: "/etc/systemd/system", test: "/home/test/.config/systemd/user" };
  const found = await Promise.all(
    Object.entries(places).map(async ([name, directory]) => {
      const { code } = await host.run(["ls", `${directory}/www.socket`], { check: false });
      return code === 0 ? [name] : [];
    }),
  );
  return found.flat();
}

/** Breaks the second host at the moment of its change. */
const breaking = {
  before: [{ command: ["sh", "-c", `case $(uname -n) in ${two.name}) touch ${breakage} ;; esac`] }],
  after: [{ command: ["rm", "-f", breakage] }],
};

async function moves(name: string, keeper: object, expected: string): Promise<void> {
  configure(name, keeper);
  await stack.up();
  assert.deepEqual(await pages(), [name, name]);
  for (const host of [one, two]) {
    assert.deepEqual(await keepers(host), [expected]);
    assert.deepEqual(await failedUnits(host), []);
  }
  await stack.expectNoChanges();
}

test("a rootless site, deployed", async () => {
  await Promise.all([one, two].map((host) => host.run(["mkdir", "/srv/flags"])));
  await moves("one", rootless, "test");
});

test("a move that fails on the second host: both are as they were", async () => {
  const was = await Promise.all([one, two].map(listing));
  configure("two", behindRoot, { commands: breaking });
  const preview = await stack.preview();
  assert.match(preview, /~ manager\s*: "user" => "system"/);
  assert.match(preview, /www: moves to the host's service manager/);
  assert.doesNotMatch(preview, /replace/);
  const { code, stdout, stderr } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  assert.match(stdout + stderr, /Nothing is changed on web-\[1-2\]: reverted\./);
  assert.deepEqual(await pages(), ["one", "one"]);
  for (const [index, host] of [one, two].entries())
    assert.deepEqual(difference(was[index] ?? new Map<string, string>(), await listing(host)), []);
  assert.match((await stack.run(["refresh", "--yes"])).stdout, /3 unchanged/);
});

test("rootless, then behind a root-owned socket", () => moves("two", behindRoot, "system"));

test("within maxFailures the second host keeps the former manager, and the next up moves it", async () => {
  configure("three", rootless, { commands: breaking, rollout: { maxFailures: 1, minHealthyTime: 0 } });
  assert.notEqual((await stack.up({ check: false })).code, 0);
  assert.deepEqual(await pages(), ["three", "two"]);
  assert.deepEqual([await keepers(one), await keepers(two)], [["test"], ["system"]]);
  configure("three", rootless);
  await stack.up();
  assert.deepEqual(await pages(), ["three", "three"]);
  assert.deepEqual([await keepers(one), await keepers(two)], [["test"], ["test"]]);
  await stack.expectNoChanges();
});

test("rootless, then rootful", () => moves("four", rootful, "system"));

test("another account under the host's manager is refused at preview", async () => {
  configure("five", behindRoot);
  const { code, stdout, stderr } = await stack.run(["preview"], { check: false });
  assert.notEqual(code, 0);
  assert.match(
    stdout + stderr,
    /user: was left out, and under the host's service manager a set can't change its account/,
  );
});

test("destroyed, nothing of any of them is left", async () => {
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  assert.deepEqual(await pages(), ["", ""]);
  for (const host of [one, two]) {
    assert.deepEqual(await keepers(host), []);
    assert.equal((await host.run(["ls", "/var/lib/quadlet-fleet"], { check: false })).code, 2);
  }
});
