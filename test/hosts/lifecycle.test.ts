import assert from "node:assert/strict";
import { before, test } from "node:test";
import { eventually } from "./support/eventually.ts";
import { openScene } from "./support/scene.ts";
import {
  difference,
  example1,
  example2,
  failedUnits,
  get,
  hostEntry,
  invocation,
  listing,
} from "./support/stack.ts";

// The life of Examples 1 and 2 on one host, step by step: each test goes on where the last one ended.

const { fleet, host, stack } = await openScene("life", { linger: false });
let untouched: Map<string, string>;

const configuration = (page = "one") => ({
  hosts: { "web-1": hostEntry(fleet, host) },
  sites: { example1, example2: { ...example2, nginx: { "default.conf": config(page) } } },
});

function config(page: string): string {
  return `server {\n  listen 80;\n  location / {\n    return 200 "page ${page}";\n  }\n}\n`;
}

before(async () => {
  // Foreign units of the same kinds as ours.
  await host.write(
    "/etc/containers/systemd/other.container",
    "[Container]\nImage=docker.io/library/nginx:1\n",
  );
  await host.write("/home/test/.config/systemd/user/other.service", "[Service]\nExecStart=/bin/true\n", {
    user: "test",
  });
  await host.run(["podman", "pull", "--quiet", "docker.io/library/nginx:1"]);
  untouched = await listing(host);
  stack.configure(configuration());
});

test("a preview needs no host", async () => {
  await host.unplug();
  try {
    assert.match(await stack.preview(), /5 to create/);
  } finally {
    await host.plug();
  }
});

test("up: both examples answer another address, and nginx sees that address, with no network of its own", async () => {
  await stack.up();
  const welcome = await get(fleet, `http://${host.address}:8080/`);
  assert.equal(welcome.status, 200);
  assert.match(welcome.body, /Welcome to nginx!/);
  assert.deepEqual(await get(fleet, `http://${host.address}/`), { status: 200, body: "page one" });
  // conmon and the journal need a moment for a line.
  for (const unit of ["_SYSTEMD_UNIT=example2.service", "_SYSTEMD_USER_UNIT=example1.service"])
    await eventually(async () => {
      const { stdout } = await host.run(["journalctl", "--output=cat", unit]);
      assert.match(stdout, new RegExp(`^${fleet.clientAddress} .*"GET / HTTP`, "m"));
    });
  const inside = await host.run(["podman", "exec", "systemd-example1", "cat", "/proc/net/dev"], {
    user: "test",
  });
  assert.deepEqual(interfaces(inside.stdout), ["lo"]);
});

test("a second preview is empty", async () => {
  await stack.expectNoChanges();
});

test("an unchanged up starts no unit again", async () => {
  const before = await invocation(host, "example2.service");
  await stack.up();
  assert.equal(await invocation(host, "example2.service"), before);
});

test("one changed line: the preview shows that line and nothing else, and up reloads only", async () => {
  stack.configure(configuration("two"));
  const preview = await stack.preview();
  assert.match(preview, /reloads example2\.service/);
  assert.doesNotMatch(preview, /restarts|example1\.service/);
  const changed = preview.split("\n").filter((line) => /^\s*[-+~] /.test(line));
  assert.deepEqual(
    changed.map((line) => line.trim()).filter((line) => /page/.test(line)),
    ['-     return 200 "page one";', '+     return 200 "page two";'],
  );
  assert.equal(changed.filter((line) => /^\s*[-+] /.test(line)).length, 2, changed.join("\n"));
  const before = {
    service: await invocation(host, "example2.service"),
    other: await invocation(host, "example1.service", "test"),
  };
  await stack.up();
  await eventually(async () => assert.equal((await get(fleet, `http://${host.address}/`)).body, "page two"));
  assert.equal(await invocation(host, "example2.service"), before.service);
  assert.equal(await invocation(host, "example1.service", "test"), before.other);
  await stack.expectNoChanges();
});

test("refresh names what was changed by hand, and up repairs it", async () => {
  await host.sh(
    "echo '# by hand' >>/etc/containers/systemd/example2.container; chmod 600 /etc/systemd/system/example2.socket",
  );
  await host.sh("chmod 640 /etc/quadlet-fleet/example2/conf.d/default.conf");
  await host.sh(
    "systemctl --user stop example1.service example1.socket; systemctl --user disable example1.socket",
    { user: "test" },
  );
  const { stdout: shown } = await stack.run(["refresh", "--yes", "--diff", "--skip-preview"]);
  assert.deepEqual(
    // The engine shows the two sites in the order in which they were read.
    [...shown.matchAll(/\+ drift: {\s+\+ (web-1: ".*")/g)].map(([, found]) => found).sort(),
    [
      'web-1: "not running: example1.service, example1.socket; disabled: example1.socket"',
      'web-1: "systemd has read an older version: example2.service; mode 0640: /etc/quadlet-fleet/example2/conf.d/default.conf; edited: /etc/containers/systemd/example2.container; mode 0600: /etc/systemd/system/example2.socket"',
    ],
  );
  const preview = await stack.preview();
  assert.equal(preview.match(/- drift: {/g)?.length, 2, preview);
  assert.doesNotMatch(preview, /units|by hand/);
  const unplugged = await get(fleet, `http://${host.address}:8080/`);
  assert.equal(unplugged.status, 0);
  await stack.up();
  assert.equal((await get(fleet, `http://${host.address}:8080/`)).status, 200);
  const { stdout: again } = await stack.run(["refresh", "--yes", "--diff", "--skip-preview"]);
  assert.match(again, /5 unchanged/);
  await stack.expectNoChanges();
});

/** The process IDs of nginx's workers, which are new after a reload. */
async function workersOf(service: string, user = "root"): Promise<string> {
  const container = `systemd-${service.replace(".service", "")}`;
  return (await host.run(["podman", "exec", container, "cat", "/proc/1/task/1/children"], { user })).stdout;
}

test("a file that was touched since nginx has read it: read again, and what is in it is what it was", async () => {
  for (const [path, service, user] of [
    ["/etc/quadlet-fleet/example2/conf.d/default.conf", "example2.service", undefined],
    ["/home/test/.config/quadlet-fleet/example1/conf.d/default.conf", "example1.service", "test"],
  ] as const) {
    const before = { text: await host.read(path), runs: await invocation(host, service, user) };
    const workers = await workersOf(service, user);
    // systemd knows the times of its units only to the second.
    await host.sh(`sleep 1.1; touch ${path}`);
    await stack.run(["up", "--yes", "--skip-preview", "--refresh"]);
    await eventually(async () => assert.notDeepEqual(await workersOf(service, user), workers));
    assert.deepEqual({ text: await host.read(path), runs: await invocation(host, service, user) }, before);
  }
  await stack.expectNoChanges();
});

test("a refresh of an unchanged host finds nothing", async () => {
  const { stdout } = await stack.run(["refresh", "--yes", "--diff", "--expect-no-changes"]);
  assert.match(stdout, /5 unchanged/);
});

test("after a power loss both answer again, with nobody logged in", async () => {
  await host.powerLoss();
  await host.boot();
  assert.equal((await get(fleet, `http://${host.address}:8080/`)).status, 200);
  assert.equal((await get(fleet, `http://${host.address}/`)).status, 200);
  assert.deepEqual(await failedUnits(host), []);
});

test("configuration below a directory that is not there, right below /: made, and gone with the site", async () => {
  const elsewhere = { ...example2, listen: ["0.0.0.0:81"], configurationDirectory: "/data/www/conf.d" };
  const { hosts, sites } = configuration("two");
  stack.configure({ hosts, sites: { ...sites, elsewhere } });
  await stack.up();
  assert.equal((await get(fleet, `http://${host.address}:81/`)).status, 200);
  stack.configure({ hosts, sites });
  await stack.up();
  assert.equal((await host.run(["test", "-e", "/data"], { check: false })).code, 1);
});

test("destroy: the host is what it was, and what is not ours is still there", async () => {
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  assert.deepEqual(difference(untouched, await listing(host)), []);
  const containers = await host.run(["podman", "ps", "--all", "--quiet"]);
  assert.equal(containers.stdout, "");
  const { stdout: units } = await host.run([
    "systemctl",
    "list-units",
    "--all",
    "--plain",
    "--no-legend",
    "example*",
    "quadlet-fleet*",
  ]);
  assert.equal(units, "");
  const { stdout: images } = await host.run(["podman", "images", "--format", "{{.Repository}}:{{.Tag}}"]);
  assert.equal(images.trim(), "docker.io/library/nginx:1");
  assert.deepEqual(
    (await host.run(["systemctl", "list-units", "--failed", "--plain", "--no-legend"])).stdout.match(
      /example/g,
    ),
    null,
  );
});

function interfaces(procNetDev: string): string[] {
  return [...procNetDev.matchAll(/^\s*(\w+):/gm)].map((match) => match[1] ?? "");
}
