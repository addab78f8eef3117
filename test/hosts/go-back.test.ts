import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { TestHost } from "../../tools/fleet/index.ts";
import { quadletFleet } from "./support/command-line.ts";
import { eventually } from "./support/eventually.ts";
import { failures } from "../../tools/load/report.ts";
import { underLoad } from "../../tools/load/index.ts";
import { openScene } from "./support/scene.ts";
import { example1, example2, example3, get, hostEntry, image } from "./support/stack.ts";

// `quadlet-fleet rollback` on real hosts: docs/rollback.md.

const { fleet, stack } = await openScene("goback", { hosts: 2 });
const [one, two] = fleet.hosts as [TestHost, TestHost];
const names = fleet.hosts.map((_, at) => `web-${at + 1}`);
const page = (says: string, port: number) => ({
  "default.conf": `server { listen ${port}; location / { return 200 "${says}"; } location = /image-version { root /etc; } }\n`,
});

/** Examples 1 and 3 on the first host, Example 2 on all. */
function configure(says: string, change: object = {}): void {
  const hosts = Object.fromEntries(
    fleet.hosts.map((host, at) => [`web-${at + 1}`, hostEntry(fleet, host)] as const),
  );
  const account = { hosts: ["web-1"], ...change };
  stack.configure({
    hosts,
    sites: {
      example1: { ...example1, nginx: page(says, 8080), ...account },
      example2: { ...example2, nginx: page(says, 80), hosts: names, ...change },
      example3: { ...example3, nginx: page(says, 81), ...account },
    },
  });
}

const rollback = (site: string, ...argv: string[]) =>
  quadletFleet(stack, ["rollback", site, "--yes", ...argv]);

async function serve(says: string, hosts: readonly TestHost[] = fleet.hosts, port = 80): Promise<void> {
  for (const host of hosts) {
    const { status, body } = await get(fleet, `http://${host.address}:${port}/`);
    assert.deepEqual([host.name, status, body], [host.name, 200, says]);
  }
}

/** The images that podman keeps for a rollback. */
async function kept(user: string): Promise<string[]> {
  const { stdout } = await one.run(["podman", "images", "--format={{.Repository}}:{{.Tag}}"], { user });
  return stdout.split("\n").filter((name) => name.startsWith("localhost/quadlet-fleet/"));
}

before(async () => {
  configure("one");
  await stack.up();
});

test("after the first deploy there is no previous version: nothing is changed", async () => {
  const { code, stderr } = await rollback("example2");
  assert.equal(code, 1);
  assert.match(stderr, /^quadlet-fleet: There is no previous version on web-\[1-2\]: /);
  await serve("one");
});

test("another page: it is back on all hosts, no request fails, and the preview says what differs", async () => {
  configure("two");
  await stack.up();
  await serve("two");
  const load = {
    hosts: fleet.hosts.map(({ address }) => address),
    port: 80,
    paths: { "/": "^(one|two)$" },
    fresh: 2,
  };
  const report = await underLoad(fleet, load, async () => {
    const { code, stdout, stderr } = await rollback("example2");
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^ {2}~ files\["\/etc\/quadlet-fleet\/example2\/conf\.d\/default\.conf"\]\.content\n {4}-server .* "two"; .*\n {4}\+server .* "one"; .*\nweb-\[1-2\]: reloads example2\.service\nrollout: web-1, then web-2; /,
    );
    assert.match(stdout, /example2 has the previous version\. The program has the newer one: /);
    assert.match(stderr, /wave 1 of 2 done: 1 of 2 serve the new version\n/);
  });
  assert.equal(failures(report), 0);
  await serve("one");
  const { stdout } = await quadletFleet(stack, ["status", "example2", "--json"]);
  for (const { by } of JSON.parse(stdout) as { by: string }[]) assert.match(by, /^\S+@\S+ \(rollback\)$/);
  assert.match(await stack.preview(), /- drift: \{\s+- web-\[1-2\]: "edited: [^\n]*default\.conf"/);
});

test("a second one is refused: it would bring the newer version", async () => {
  const { code, stderr } = await rollback("example2");
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^quadlet-fleet: The site was rolled back already: the hosts have the previous version, and `pulumi up` /,
  );
  await serve("one");
});

test("up goes forward again", async () => {
  await stack.up();
  await serve("two");
  await stack.expectNoChanges();
});

test("another image, and a moved tag: back without a registry, in each manager", async () => {
  // A pull moves the tag, and the other site has another reference.
  const moving = "docker.io/library/moving:latest";
  const move = async (version: number) => {
    const to = `docker://${fleet.gateway}:5000/library/moving:latest`;
    await one.run(["podman", "pull", "--quiet", `docker.io/library/nginx:${version}`]);
    await one.run([
      "podman",
      "push",
      "--quiet",
      "--tls-verify=false",
      `docker.io/library/nginx:${version}`,
      to,
    ]);
    await one.run(["podman", "rmi", `docker.io/library/nginx:${version}`]);
  };
  const versions = async () =>
    await Promise.all(
      [80, 8080, 81].map(async (port) =>
        (await get(fleet, `http://${one.address}:${port}/image-version`)).body.trim(),
      ),
    );
  await move(1);
  configure("three", { image: moving, pull: "always", verify: { path: "/image-version", status: 200 } });
  await stack.up();
  assert.deepEqual(await versions(), ["1", "1", "1"]);
  await move(2);
  const change = {
    pull: "always",
    environment: { RELEASE: "4" },
    verify: { path: "/image-version", status: 200 },
  };
  configure("four", { image: moving, ...change });
  await stack.up();
  assert.deepEqual(await versions(), ["2", "2", "2"]);
  // One image for each site.
  assert.deepEqual([(await kept("root")).length, (await kept("test")).length], [1, 2]);
  const registries = "/etc/containers/registries.conf.d/test-host.conf";
  for (const host of fleet.hosts) await host.sh(`sed -i 's/:500[01]"/:1"/' ${registries}`);
  for (const site of ["example1", "example2", "example3"]) {
    const { code, stderr } = await rollback(site);
    assert.equal(code, 0, stderr);
  }
  await serve("three");
  assert.deepEqual(await versions(), ["1", "1", "1"]);
  // The service starts again by that name.
  await one.run(["systemctl", "restart", "example2.service"]);
  assert.deepEqual((await versions())[0], "1");
  for (const host of fleet.hosts) await host.sh(`sed -i 's/:1"/:5000"/' ${registries}`);
  configure("four", { image: moving, ...change, environment: { RELEASE: "5" } });
  await stack.up();
  assert.deepEqual(await versions(), ["2", "2", "2"]);
});

test("one host is away: it is named, and nothing is changed on the others", async () => {
  configure("five", { image });
  await stack.up();
  await two.sh("systemctl stop ssh.socket ssh.service", { check: false });
  const { code, stderr } = await rollback("example2");
  assert.equal(code, 1);
  assert.match(stderr, /^quadlet-fleet: Nothing was rolled back\.\nweb-2: no SSH connection: /);
  await serve("five");
  await two.run(["systemctl", "start", "ssh.service"]);
});

test("the image of the previous version is gone from one host: all hosts stay as they are", async () => {
  await two.run(["podman", "rmi", "localhost/quadlet-fleet/former/system:example2-0"]);
  const { code, stderr } = await rollback("example2");
  assert.equal(code, 1);
  assert.match(
    stderr,
    /bringing back docker\.io\/library\/moving:latest failed: the image is not on the host any more/,
  );
  await serve("five");
});

test("a power loss right after the commit: the boot puts the rest away, and that version is the one before the next", async () => {
  const own = "/var/lib/quadlet-fleet/sets/example2";
  // The files as they are between the rename of the journal and the rest (steps.sh, after_commit), with a copy of a replaced secret.
  await one.sh(
    `cd ${own} && cp -a version version.new && sed -i 's/five/six/' version.new/text && : >committed &&
mkdir -p before rollback.new && echo a-former-secret >rollback.new/1`,
  );
  await one.powerLoss();
  await one.boot();
  await eventually(async () => {
    const { stdout } = await one.sh(
      `cd ${own} && grep -c six version/text; ls -d version.new committed before rollback.new`,
      { check: false },
    );
    assert.equal(stdout, "1\n");
  });
  configure("seven", { image });
  await stack.up();
  const { stdout } = await one.sh(
    `cd ${own} && grep -c seven version/text; grep -c six former/text; ls -d version.new committed`,
    {
      check: false,
    },
  );
  assert.equal(stdout, "1\n1\n");
});

test("the sites are removed: nothing that was kept for a rollback is left", async () => {
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  assert.deepEqual([...(await kept("root")), ...(await kept("test"))], []);
});
