import assert from "node:assert/strict";
import { before, test } from "node:test";
import { openScene } from "./support/scene.ts";
import { breakSocket, example2 } from "./support/stack.ts";

// The order in which files reach the disk. A power loss of a test host keeps what the kernel has cached, so it can't show this. Instead
// recorders stand in front of the real sync, mv and rm, and the tests check the order of their calls.

const scene = await openScene("durable");
const { host, stack } = scene;
let page = 0;
const own = "/var/lib/quadlet-fleet/sets/example2";
const conf = "/etc/quadlet-fleet/example2/conf.d";
const quadlets = "/etc/containers/systemd";

before(async () => {
  for (const name of ["sync", "mv", "rm"]) {
    const recorder = [
      "#!/bin/sh",
      `printf '%s ' ${name} "$@" >>/run/recorded`,
      "echo >>/run/recorded",
      `if [ ${name} = sync ] && [ -e /run/broken ] && [ -e ${own}/committed ]; then exit 1; fi`,
      `exec /usr/bin/${name} "$@"`,
    ];
    await host.write(`/usr/local/bin/${name}`, `${recorder.join("\n")}\n`, { mode: "0755" });
  }
});

/** The recorded calls of an `up` of another page, by a restart. */
async function recorded(change: object = {}): Promise<string[][]> {
  page += 1;
  const nginx = { "default.conf": `server { listen 80; location / { return 200 "page ${page}"; } }\n` };
  const environment = { PAGE: String(page) };
  scene.configure({ sites: { example2: { ...example2, nginx, environment, ...change } } });
  await host.run(["rm", "-f", "/run/recorded"]);
  await stack.up({ check: false });
  const lines = (await host.read("/run/recorded")).trim().split("\n");
  return lines.map((line) => line.trim().split(" "));
}

/** The first call from `from` on that has such a path as an argument. Fails if there is none. */
function first(calls: string[][], name: string, path: RegExp, from = 0): number {
  const at = calls.findIndex(
    (call, index) => index >= from && call[0] === name && call.some((word) => path.test(word)),
  );
  assert.notEqual(at, -1, `no ${name} of ${path}:\n${calls.map((call) => call.join(" ")).join("\n")}`);
  return at;
}

const exact = (path: string) => new RegExp(`^${path.replaceAll(".", "\\.")}$`);
const last = (calls: string[][], path: RegExp) =>
  calls.findLastIndex(([name, ...words]) => name === "mv" && path.test(words.at(-1) ?? ""));

test("a deploy: new files, copies and the journal before the first rename; the renames before the journal goes", async () => {
  await recorded();
  const calls = await recorded();
  const renames = [`${conf}/default.conf`, `${quadlets}/example2.container`].map((path) =>
    first(calls, "mv", exact(path)),
  );
  const [start] = renames.toSorted((left, right) => left - right) as [number];
  for (const directory of [conf, quadlets])
    assert.ok(first(calls, "sync", new RegExp(`^${directory}/\\.quadlet-fleet\\.`)) < start, directory);
  for (const kept of [`${own}/rollback.new/1`, `${own}/rollback.new`, `${own}/journal`, own])
    assert.ok(first(calls, "sync", exact(kept)) < start, kept);
  assert.ok(
    first(calls, "sync", /\/before\.new\/manifest$/) < first(calls, "mv", exact(`${own}/before.new`)),
  );
  const end = first(calls, "mv", exact(`${own}/committed`));
  for (const directory of [conf, quadlets]) {
    const synced = first(calls, "sync", exact(directory), Math.max(...renames));
    assert.ok(synced < end, `${directory}: ${synced} ${end}`);
  }
  assert.ok(
    first(calls, "sync", exact(own), end) < first(calls, "rm", exact(`${own}/committed`), end),
    "that the journal is gone is on the disk before anything else is done, and success is said",
  );
});

test("a journal of which it can't be made sure that it is gone: the deploy is taken back", async () => {
  const page = await host.read(`${conf}/default.conf`);
  await host.write("/run/broken", "");
  const calls = await recorded();
  await host.run(["rm", "/run/broken"]);
  first(calls, "mv", exact(`${own}/committed`));
  assert.equal(await host.read(`${conf}/default.conf`), page);
  assert.doesNotMatch((await host.run(["ls", own])).stdout, /journal|committed|unfinished/);
});

test("a destroy: what is gone is gone on the disk before the mark is", async () => {
  await host.run(["rm", "-f", "/run/recorded"]);
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  const lines = (await host.read("/run/recorded")).trim().split("\n");
  const calls = lines.map((line) => line.trim().split(" "));
  const end = first(calls, "rm", exact(`${own}/journal`));
  for (const path of [`${conf}/default.conf`, `${quadlets}/example2.container`])
    assert.ok(
      first(calls, "sync", exact(path.replace(/\/[^/]*$/, "")), first(calls, "rm", exact(path))) < end,
      path,
    );
  assert.ok(first(calls, "sync", exact("/etc/systemd/system/sockets.target.wants")) < end);
  first(calls, "sync", exact("/var/lib/quadlet-fleet/sets"), first(calls, "rm", exact(own)));
});

test("a first deploy: what takes it back at boot is there before the first rename", async () => {
  const calls = await recorded();
  const start = first(calls, "mv", exact(`${conf}/default.conf`));
  for (const path of [
    "/var/lib/quadlet-fleet/format.new",
    "/var/lib/quadlet-fleet/recovery.new",
    "/var/lib/quadlet-fleet",
    "/etc/systemd/system/quadlet-fleet-recovery.service",
    "/etc/systemd/system/multi-user.target.wants",
    `${own}/account`,
  ])
    assert.ok(first(calls, "sync", exact(path)) < start, path);
  // systemctl leaves it to the kernel when its links are written. Without them there is no socket after a boot.
  const enabled = first(calls, "sync", exact("/etc/systemd/system/sockets.target.wants"), start);
  assert.ok(enabled < first(calls, "mv", exact(`${own}/committed`)));
  // A directory that was made.
  assert.ok(first(calls, "sync", exact("/etc/quadlet-fleet/example2")) < start);
});

test("a rollback: the old files are on the disk before the journal goes", async () => {
  await breakSocket(host, "example2-81.socket");
  const calls = await recorded({ listen: ["0.0.0.0:80", "0.0.0.0:81"], nginx: undefined });
  const restored = last(calls, exact(`${conf}/default.conf`));
  assert.match(calls[restored]?.join(" ") ?? "", /\.restored/);
  const end = first(calls, "rm", exact(`${own}/journal`));
  assert.ok(last(calls, exact(`${conf}/default.conf`)) < end);
  assert.ok(first(calls, "sync", exact(`${own}/manifest`)) < end);
  for (const directory of [conf, quadlets]) {
    const synced = first(calls, "sync", exact(directory), last(calls, new RegExp(`^${directory}/`)));
    assert.ok(synced < end, directory);
  }
});
