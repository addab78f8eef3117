import assert from "node:assert/strict";
import { before, test } from "node:test";
import { openScene } from "./support/scene.ts";
import {
  difference,
  example1,
  example2,
  example3,
  example4,
  failedUnits,
  get,
  listing,
} from "./support/stack.ts";

// A host whose podman can't connect a container to a network: Examples 1 to 3 need no network. (podman 5.4 does not start without
// netavark.)

const scene = await openScene("small");
const { fleet, host, stack } = scene;
let untouched: Map<string, string>;
const tools = ["/usr/lib/podman/aardvark-dns", "/usr/bin/pasta", "/usr/bin/slirp4netns"];
const examples = { example1, example2, example3 };

before(async () => {
  await host.run(["mkdir", "/opt/away"]);
  for (const tool of tools) await host.run(["mv", tool, "/opt/away/"]);
  untouched = await listing(host);
});

function configure(sites: Record<string, object>, proxies: Record<string, object> = {}): void {
  scene.configure({ sites, proxies });
}

async function serve(): Promise<void> {
  for (const port of [8080, 80, 81]) {
    const { status, body } = await get(fleet, `http://${host.address}:${port}/`);
    assert.equal(status, 200, `port ${port}`);
    assert.match(body, /Welcome to nginx!/);
  }
}

test("it is such a host: rootless podman can't run a container with a network", async () => {
  await host.run(["podman", "pull", "--quiet", example1.image], { user: "test" });
  const run = ["podman", "run", "--rm", "--entrypoint", "true"];
  const { code, stderr } = await host.run([...run, example1.image], { user: "test", check: false });
  assert.notEqual(code, 0);
  assert.match(stderr, /pasta/);
  await host.run([...run, "--network=none", example1.image], { user: "test" });
  await host.run(["podman", "rmi", example1.image], { user: "test" });
  await host.run(["rm", "-rf", "/home/test/.config", "/home/test/.local"], { user: "test", check: false });
});

test("Examples 1 to 3 with network none: up, an empty preview, pages", async () => {
  configure(examples);
  await stack.up();
  await serve();
  await stack.expectNoChanges();
  assert.deepEqual(await failedUnits(host), []);
});

test("a change by rehearsal and handover, and a power loss", async () => {
  const environment = { NEW: "1" };
  configure({
    example1: { ...example1, environment },
    example2: { ...example2, environment },
    example3: { ...example3, environment },
  });
  await stack.up();
  await serve();
  await host.powerLoss();
  await host.boot();
  await serve();
  assert.deepEqual(await failedUnits(host), []);
});

test("what needs a network is refused by the tool that is missing, before anything is done, and the others are left alone", async () => {
  const { network, ...rest } = example3;
  assert.equal(network, "none");
  configure({ ...examples, networked: { ...rest, listen: ["0.0.0.0:83"] } }, { example4 });
  const { code, stdout } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  const lacks = /, which the host does not have\. Install it \(package passt\)/.source;
  assert.match(
    stdout,
    new RegExp(
      `networked\\.service: a rootless container with a network needs pasta \\(or slirp4netns\\)${lacks}`,
    ),
  );
  assert.match(
    stdout,
    /example4-net\.network: a network whose containers find each other by name needs aardvark-dns/,
  );
  assert.match(
    stdout,
    new RegExp(`caddy-container\\.container: .* needs pasta \\(or slirp4netns\\)${lacks}`),
  );
  const { stdout: images } = await host.run(["podman", "images", "--quiet"], { user: "test" });
  assert.equal(images.trim().split("\n").length, 1, "an image was pulled for what can't be");
  await serve();
  assert.deepEqual(await failedUnits(host), []);
});

test("destroy: the host is what it was", async () => {
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  assert.deepEqual(difference(untouched, await listing(host)), []);
});
