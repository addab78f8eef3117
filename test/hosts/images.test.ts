import assert from "node:assert/strict";
import { before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "./support/eventually.ts";
import { hold } from "./support/hold.ts";
import { openScene } from "./support/scene.ts";
import { example1, example2, example3, get, invocation } from "./support/stack.ts";

// The registry moves a tag, with `pull: always`: a rollback also restores what the tag stands for on the host, and until the new version
// is activated the tag stands for the image of the old one.

const scene = await openScene("images");
const { fleet, host, stack } = scene;
let release = 0;
const image = "docker.io/library/moving:latest";
const sites = {
  example1: { example: example1, port: 8080, user: "test", manager: "user", owner: "test" },
  example2: { example: example2, port: 80, user: "root", manager: "system", owner: "root" },
  example3: { example: example3, port: 81, user: "test", manager: "system", owner: "root" },
} as const;
type Site = keyof typeof sites;

/** Broken entry points, and where each is found; `sockets`: gives up when it gets sockets, which no rehearsal has. */
const broken = {
  start: {
    entrypoint: ["false"],
    found: /rehearsing \S+ failed[^]*Nothing was changed on it\./,
    of: ["example2"],
  },
  sockets: {
    entrypoint: ["sh", "-c", '[ -z "$NGINX" ] && exec "$@"', "sh"],
    found: /(handing|restarting|verifying) .* failed[^]*rolled back: the host is as it was before/,
    of: ["example1", "example3"],
  },
};

before(async () => {
  for (const version of [1, 2]) {
    await host.run(["podman", "pull", "--quiet", `docker.io/library/nginx:${version}`]);
    await host.run(["podman", "tag", `docker.io/library/nginx:${version}`, `localhost/version:${version}`]);
    await host.run(["podman", "rmi", `docker.io/library/nginx:${version}`]);
  }
  for (const [name, { entrypoint }] of Object.entries(broken)) {
    await host.run(["podman", "create", "--quiet", "--name=broken", "localhost/version:2"]);
    const changes = [`ENTRYPOINT ${JSON.stringify(entrypoint)}`, 'CMD ["nginx", "-g", "daemon off;"]'];
    const options = changes.flatMap((change) => ["--change", change]);
    await host.run(["podman", "commit", "--quiet", ...options, "broken", `localhost/broken:${name}`]);
    await host.run(["podman", "rm", "broken"]);
  }
});

/** Moves the tag in the registry to another image. */
async function move(from: string): Promise<void> {
  const to = `docker://${fleet.gateway}:5000/library/moving:latest`;
  await host.run(["podman", "push", "--quiet", "--tls-verify=false", `localhost/${from}`, to]);
}

/** A restart, for which the image is pulled. */
function configure(site: Site): void {
  release += 1;
  const { port, example } = sites[site];
  const nginx = { "default.conf": `server { listen ${port}; location / { root /etc; } }\n` };
  const environment = { RELEASE: String(release) };
  const verify = { path: "/image-version", status: 200 };
  const entry = { ...example, image, pull: "always", nginx, environment, verify };
  scene.configure({ sites: { [site]: entry } });
}

/** The journals of unfinished transactions. */
const journals = async () =>
  (
    await host.sh(
      "ls /var/lib/quadlet-fleet/sets/*/journal /home/test/.local/state/quadlet-fleet/sets/*/journal",
      { check: false },
    )
  ).stdout;

for (const site of Object.keys(sites) as Site[]) {
  const { port, user, manager, owner } = sites[site];

  const id = async () =>
    (await host.run(["podman", "image", "inspect", "--format", "{{.Id}}", image], { user })).stdout.trim();
  const version = async () => (await get(fleet, `http://${host.address}:${port}/image-version`)).body.trim();
  /** Images that would never be removed: those without a name, and those that are kept back. */
  const leftOver = async () => {
    const list = ["podman", "images", "--format={{.Repository}}:{{.Tag}}"];
    const { stdout } = await host.run(list, { user });
    return stdout.split("\n").filter((name) => /^(<none>|localhost\/quadlet-fleet\/(?!former\/))/.test(name));
  };
  const deployed = async () => {
    await move("version:1");
    configure(site);
    await stack.up();
    assert.equal(await version(), "1");
    return await id();
  };
  /** The tag stands for the old image again, and the site restarts with it. */
  const isAsBefore = async (old: string) => {
    assert.equal(await version(), "1");
    assert.equal(await id(), old);
    await host.run(["systemctl", `--${manager}`, "restart", `${site}.service`], { user: owner });
    assert.equal(await version(), "1");
  };

  // Each test runs only where the manager or the storage makes a difference, and not for all three sites.
  const isOneOf = (...names: string[]) => names.includes(site);

  for (const [name, { found, of }] of Object.entries(broken)) {
    if (!isOneOf(...of)) continue;
    test(`${site}: the tag was moved to an image that is broken (${name}): it is taken back`, async (t) => {
      const old = await deployed();
      await move(`broken:${name}`);
      configure(site);
      const { code, stdout } = await stack.up({ check: false });
      t.diagnostic(/error: .*/.exec(stdout)?.[0] ?? stdout);
      assert.notEqual(code, 0);
      assert.match(stdout, found);
      assert.doesNotMatch(stdout, /Trying to pull/);
      await isAsBefore(old);
      assert.deepEqual(await leftOver(), []);
    });
  }

  test(`${site}: the tag was moved to one that works: it stays there, and the old image goes`, async () => {
    const old = await deployed();
    await move("version:2");
    configure(site);
    await stack.up();
    assert.equal(await version(), "2");
    assert.notEqual(await id(), old);
    assert.deepEqual(await leftOver(), []);
    // root has the same image by another name.
    await host.run(["podman", "image", "exists", "localhost/version:1"]);
    await stack.expectNoChanges();
  });

  /** Stops an `up` when the new image is there and the first stand-in is written: line 3 of its journal. */
  const prepared = (action: () => Promise<void>) =>
    hold(stack, "images", { host, manager, set: site, at: 3 }, action);

  if (isOneOf("example2", "example3"))
    test(`${site}: the old version crashes while the new one is prepared: it starts again from its own image`, async () => {
      const old = await deployed();
      await move("version:2");
      configure(site);
      const { code, saw } = await prepared(async () => {
        const unit = [`${site}.service`, owner === "root" ? undefined : owner] as const;
        const ran = await invocation(host, ...unit);
        await host.run(["podman", "kill", "--signal=KILL", `systemd-${site}`], { user });
        await eventually(async () => assert.notEqual(await invocation(host, ...unit), ran));
        assert.equal(await version(), "1");
        assert.equal(await id(), old);
      });
      assert.equal(code, 0, saw);
      assert.equal(await version(), "2");
      assert.notEqual(await id(), old);
      assert.deepEqual(await leftOver(), []);
    });

  if (isOneOf("example1", "example3"))
    test(`${site}: a power loss while the new one is prepared: at the next boot only the old image is there`, async () => {
      const old = await deployed();
      await move("version:2");
      configure(site);
      await prepared(async () => {
        assert.deepEqual(await leftOver(), [`localhost/quadlet-fleet/${manager}:${site}-0`]);
        await host.powerLoss();
        await host.boot();
      });
      // The boot of the host does not wait for the account's manager.
      await eventually(async () => assert.equal(await journals(), "", "it was not taken back"));
      await isAsBefore(old);
      assert.deepEqual(await leftOver(), []);
    });

  // The journal is that of format 2, which keeps no images back.
  if (isOneOf("example1", "example2"))
    test(`${site}: a power loss right after the pull: at the next boot the name stands for what it did`, async () => {
      const old = await deployed();
      await move("broken:start");
      configure(site);
      // The real podman, except that its pull ends late.
      const slow =
        '#!/bin/sh\n/usr/bin/podman "$@" || exit\nif [ "$1" = pull ]; then : >/tmp/pulled; sleep 60; fi\n';
      await host.write("/usr/local/bin/podman", slow, { mode: "0755" });
      const up = stack.up({ check: false });
      while ((await host.run(["ls", "/tmp/pulled"], { check: false })).code !== 0) await sleep(100);
      assert.notEqual(await id(), old);
      await host.powerLoss();
      await host.boot();
      await up;
      await host.run(["rm", "-f", "/usr/local/bin/podman", "/tmp/pulled"]);
      // The boot of the host does not wait for the account's manager.
      await eventually(async () => assert.equal(await journals(), "", "it was not taken back"));
      await isAsBefore(old);
      assert.deepEqual(await leftOver(), []);
    });
}
