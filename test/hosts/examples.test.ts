import assert from "node:assert/strict";
import { type TestContext, before, test } from "node:test";
import { eventually } from "./support/eventually.ts";
import { openScene } from "./support/scene.ts";
import {
  difference,
  example1,
  example2,
  example3,
  example4,
  failedUnits,
  get,
  getNamed,
  listing,
} from "./support/stack.ts";

// The reference's four examples from one stack file on one host, and their removal.

const scene = await openScene("four", { linger: false });
const { fleet, host, stack } = scene;
let untouched: Map<string, string>;
let podmanBefore: Record<string, string>;

before(async () => {
  untouched = await listing(host);
  podmanBefore = await podmanState();
  scene.configure({ sites: { example1, example2, example3 }, proxies: { example4 } });
});

/** Whether the account has podman's storage, and what podman has, for root and for the account. */
async function podmanState(): Promise<Record<string, string>> {
  const storage = await host.sh("ls -d /home/test/.local/share/containers || true");
  const all =
    'for what in "ps --all" network volume secret; do case $what in ps*) podman $what --quiet;; *) podman $what ls --quiet;; esac; done; podman images --format "{{.Repository}}:{{.Tag}}"';
  const root = await host.sh(all);
  // podman itself would make the storage.
  const test = storage.stdout === "" ? "" : (await host.sh(all, { user: "test" })).stdout;
  return { storage: storage.stdout, root: root.stdout, test };
}

async function answers(): Promise<void> {
  for (const port of [8080, 80, 81]) {
    const { status, body } = await get(fleet, `http://${host.address}:${port}/`);
    assert.equal(status, 200, `port ${port}`);
    assert.match(body, /Welcome to nginx!/);
  }
  const apache = await getNamed(fleet, host, "apache.example.com");
  assert.equal(apache.status, 200);
  assert.match(apache.body, /It works!/);
  const caddy = await getNamed(fleet, host, "caddy.example.com");
  assert.equal(caddy.status, 200);
  assert.match(caddy.body, /Caddy works!/);
}

test("one up: all four answer another address as the reference reaches them", async (t: TestContext) => {
  const began = performance.now();
  await stack.up();
  t.diagnostic(`the first up, with pulls: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  await answers();
  // An unknown name gets the page of no backend.
  assert.equal((await getNamed(fleet, host, "other.example.com")).status, 404);
  assert.deepEqual(await failedUnits(host), []);
});

test("nginx of each example has seen the client's own address", async () => {
  const seen = async (...units: string[]) => {
    const { stdout } = await host.run(["journalctl", "--output=cat", ...units]);
    const lines = stdout.split("\n").filter((line) => line.startsWith(`${fleet.clientAddress} - `));
    return lines.filter((line) => line.includes("GET /")).length;
  };
  // conmon and the journal need a moment for a line.
  await eventually(async () => {
    assert.equal(await seen("--unit=example2", "--unit=example3"), 2);
    assert.equal(await seen("_SYSTEMD_USER_UNIT=example1.service"), 1);
    assert.equal(await seen("--unit=example4"), 3);
  });
});

test("a second preview is empty, and a refresh finds nothing", async () => {
  await stack.expectNoChanges();
  const { stdout } = await stack.run(["refresh", "--yes", "--diff", "--expect-no-changes"]);
  assert.match(stdout, /9 unchanged/);
});

test("the addresses that the stack gives are those", async () => {
  const { stdout } = await stack.run(["stack", "output", "urls", "--json"]);
  assert.deepEqual(JSON.parse(stdout), {
    "web-1": {
      example1: [`http://${host.address}:8080/`],
      example2: [`http://${host.address}/`],
      example3: [`http://${host.address}:81/`],
      example4: ["http://apache.example.com:82/", "http://caddy.example.com:82/"],
    },
  });
});

test("destroy leaves no trace: file, unit, container, network, image, storage", async (t: TestContext) => {
  const began = performance.now();
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  t.diagnostic(`destroy: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  assert.deepEqual(difference(untouched, await listing(host)), []);
  assert.deepEqual(await podmanState(), podmanBefore);
  const list = [
    "list-units",
    "--all",
    "--plain",
    "--no-legend",
    "*example*",
    "*-container.*",
    "quadlet-fleet*",
  ];
  assert.equal((await host.run(["systemctl", ...list])).stdout, "");
  // The account's manager has ended with its linger, unless something of ours still keeps it.
  assert.equal((await host.sh("ls /var/lib/systemd/linger")).stdout, "deploy\nroot\n");
  const failed = await host.run(["systemctl", "list-units", "--failed", "--plain", "--no-legend"]);
  assert.doesNotMatch(failed.stdout, /example|user@/);
});
