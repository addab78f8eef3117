import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Fleet, type TestHost, createFleet } from "../../tools/fleet/index.ts";
import {
  type Stack,
  difference,
  example1,
  example2,
  failedUnits,
  get,
  hostEntry,
  invocation,
  listing,
  makeStack,
} from "./support/stack.ts";

// A deploy that can't work changes nothing: found by validation, or taken back.

let fleet: Fleet;
let host: TestHost;
let stack: Stack;
const page = "server {\n  listen 80;\n  location / { return 200 old; }\n}\n";

before(async () => {
  fleet = await createFleet({ name: "back", hosts: 1 });
  host = fleet.hosts[0] as TestHost;
  stack = await makeStack("test-back");
  configure({}, {});
  await stack.up();
});

after(async () => {
  await stack[Symbol.asyncDispose]();
  await fleet.dispose();
});

function configure(one: object, two: object): void {
  const nginx = { "default.conf": page };
  stack.configure({
    hosts: { "web-1": hostEntry(fleet, host) },
    sites: { example1: { ...example1, ...one }, example2: { ...example2, nginx, ...two } },
  });
}

/** An up of both that fails: the message is right, every byte and every process is what it was, and both serve. */
async function failsAndChangesNothing(
  change: object,
  message: RegExp,
  sameProcesses = true,
): Promise<string> {
  configure({}, {});
  await stack.up();
  const untouched = await listing(host);
  const running = await invocation(host, "example2.service");
  configure({}, change);
  const { code, stdout } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  assert.match(stdout, message);
  assert.match(stdout, /rolled back: the host is as it was before/);
  assert.deepEqual(difference(untouched, await listing(host)), []);
  if (sameProcesses) assert.equal(await invocation(host, "example2.service"), running);
  assert.deepEqual(await get(fleet, `http://${host.address}/`), { status: 200, body: "old" });
  assert.deepEqual(await failedUnits(host), []);
  return stdout;
}

test("nginx.conf that nginx refuses: its file and line", async () => {
  const bad = "server {\n  listen 80;\n  locaton / { }\n}\n";
  await failsAndChangesNothing(
    { nginx: { "default.conf": bad } },
    /checking by nginx -t failed:[\s\S]*unknown directive "locaton" in \/etc\/nginx\/conf\.d\/default\.conf:3/,
  );
});

test("an upstream that can't be resolved here is no reason to refuse", async () => {
  const upstream =
    "server {\n  listen 80;\n  location / { return 200 old; }\n  location /x { proxy_pass http://nowhere.example; }\n}\n";
  configure({}, { nginx: { "default.conf": upstream } });
  const { stdout } = await stack.up({ check: false });
  assert.doesNotMatch(stdout, /checking by nginx -t failed/);
});

test("an image that is not there", async () => {
  await failsAndChangesNothing(
    { image: "docker.io/library/nginx:nope" },
    /pulling docker\.io\/library\/nginx:nope failed/,
  );
});

test("a volume that podman's generator refuses, before anything is stopped", async () => {
  await failsAndChangesNothing(
    { volumes: ["./relative:/x:badoption"] },
    /(validating the units|checking by nginx -t|starting|restarting).* failed/,
    false,
  );
});

test("a container that ends at once: the old one is back and serves", async () => {
  // The image has no such network, which podman says when it is started.
  await failsAndChangesNothing(
    { network: "no-such-network" },
    /restarting example2\.service failed:[\s\S]*no-such-network/,
    false,
  );
});

test("a first deploy that fails rolls back to nothing", async () => {
  configure({}, {});
  await stack.up();
  const untouched = await listing(host);
  stack.configure({
    hosts: { "web-1": hostEntry(fleet, host) },
    sites: {
      example1,
      example2: { ...example2, nginx: { "default.conf": page } },
      third: { ...example2, listen: ["0.0.0.0:83"], network: "no-such-network" },
    },
  });
  const { code, stdout } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  assert.match(stdout, /rolled back/);
  assert.deepEqual(difference(untouched, await listing(host)), []);
  assert.equal((await get(fleet, `http://${host.address}:83/`)).status, 0);
  assert.deepEqual(await failedUnits(host), []);
});

test("a run that was killed in the middle is taken back by the next, which then does its work", async () => {
  configure({}, {});
  await stack.up();
  const own = "/var/lib/quadlet-fleet/sets/example2";
  const container = "/etc/containers/systemd/example2.container";
  // As a power loss after the first rename leaves it.
  await host.sh(`mkdir -p ${own}/before ${own}/rollback.new; cd ${own}; cp owner manifest images before/; cp -p ${container} rollback.new/1
    printf 'file\\t1\\t${container}\\n' >journal; : >unfinished; echo '[Container]' >${container}`);
  configure({}, { nginx: { "default.conf": page.replace("old", "new") } });
  await stack.up();
  assert.match(await host.read(container), /Image=/);
  for (
    let tries = 20;
    tries > 0 && (await get(fleet, `http://${host.address}/`)).body !== "new";
    tries -= 1
  ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.equal((await get(fleet, `http://${host.address}/`)).body, "new");
  const { stdout } = await host.run(["ls", own]);
  assert.doesNotMatch(stdout, /journal|unfinished|before|new/);
});

test("what was edited by hand is not lost: the rollback store has it until the next commit", async () => {
  configure({}, {});
  await stack.up();
  await host.sh("echo '# precious' >>/etc/containers/systemd/example2.container");
  await stack.run(["refresh", "--yes", "--skip-preview"]);
  await stack.up();
  const { stdout } = await host.run([
    "sh",
    "-c",
    "grep -l precious /var/lib/quadlet-fleet/sets/example2/rollback/*",
  ]);
  assert.notEqual(stdout, "");
});
