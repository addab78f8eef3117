import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { type Fleet, type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { makeProgram } from "./support/program.ts";
import { get, listing, makeStack } from "./support/stack.ts";

// Users' own programs: values that are unknown in a preview, and an up that fails halfway.

let fleet: Fleet;
let host: TestHost;

before(async () => {
  fleet = await createFleet({ name: "program", hosts: 1 });
  host = fleet.hosts[0] as TestHost;
});

after(async () => {
  await fleet.dispose();
});

const connection = (change: object = {}) =>
  JSON.stringify({
    address: host.address,
    hostKey: host.hostKey,
    identityFile: fleet.identityFile,
    ...change,
  });

test("an address, an image and a configuration that only another resource knows: a preview, an up, an empty preview", async () => {
  const directory = await makeProgram(`
const first = new UnitSet("first", { hosts: { "web-1": ${connection()} }, name: "first", manager: "system", units: {}, files: { "/etc/first": { content: "1" } } });
const later = <T>(value: T) => first.unitStates.apply(() => value);
export const site = new SocketActivatedNginx("web", {
  hosts: { "web-1": { ...${connection()}, address: later("${host.address}") } },
  manager: "system",
  image: later("docker.io/library/nginx:latest"),
  listen: ["0.0.0.0:80"],
  network: "none",
  nginx: { "default.conf": later('server { listen 80; location / { return 200 "late"; } }') },
}).urls;`);
  await using stack = await makeStack("late", directory);
  assert.match(await stack.preview(), /4 to create/);
  await stack.up();
  assert.equal((await get(fleet, `http://${host.address}/`)).body, "late");
  await stack.expectNoChanges();
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  await rm(directory, { recursive: true });
});

test("a step that fails: exit status, which step and why; all is taken back; the next up does it", async () => {
  const unit = (command: string) => `[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=${command}\n`;
  const source = (command: string) =>
    `new UnitSet("job", { hosts: { "web-1": ${connection()} }, name: "job", manager: "system", units: { "job.service": ${JSON.stringify(unit(command))} }, services: { "job.service": {} } });`;
  const directory = await makeProgram(source("/bin/false"));
  await using stack = await makeStack("job", directory);
  const untouched = await listing(host);
  const failed = await stack.up({ check: false });
  assert.notEqual(failed.code, 0);
  assert.match(failed.stdout, /starting job\.service failed:[\s\S]*The last lines of the journal:/);
  assert.match(failed.stdout, /It was rolled back: the host is as it was before/);
  assert.deepEqual(await listing(host), untouched);
  await rm(directory, { recursive: true });
  await makeProgram(source("/bin/true"), directory);
  await stack.up();
  assert.equal((await host.run(["systemctl", "is-active", "job.service"])).stdout.trim(), "active");
  await stack.expectNoChanges();
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  assert.equal(
    (await host.run(["systemctl", "is-failed", "job.service"], { check: false })).stdout.trim(),
    "inactive",
  );
  await rm(directory, { recursive: true });
});

test("customTimeouts are kept: a start that takes longer is given up, by name", async () => {
  const unit = "[Service]\nType=oneshot\nExecStart=/bin/sleep 20\nTimeoutStartSec=30\n";
  const directory = await makeProgram(
    `new UnitSet("slow", { hosts: { "web-1": ${connection()} }, name: "slow", manager: "system", units: { "slow.service": ${JSON.stringify(unit)} }, services: { "slow.service": {} } }, { customTimeouts: { create: "3s" } });`,
  );
  await using stack = await makeStack("slow", directory);
  const { code, stdout } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  assert.match(stdout, /activation: no answer within 3 s[^]*It was rolled back/);
  await rm(directory, { recursive: true });
});
