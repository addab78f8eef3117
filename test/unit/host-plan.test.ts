import assert from "node:assert/strict";
import { test } from "node:test";
import { unitPath } from "../../host/desired.ts";
import type { Facts } from "../../host/facts.ts";
import { plan } from "../../host/plan.ts";
import {
  absent,
  change,
  conf,
  container,
  desired,
  empty,
  present,
  says,
  settled,
  socket,
  unit,
  unitFact,
} from "./host-plan-facts.ts";

test("nothing to do: no steps", () => {
  assert.deepEqual(plan(settled(desired()), desired(), []).steps, []);
});

test("a first deploy: images before files, files before units, sockets before services", () => {
  assert.deepEqual(says(empty(), desired()), [
    "starting",
    "pulling registry.example/nginx:1",
    "validating the units",
    `writing ${conf}`,
    "writing /etc/containers/systemd/web.container",
    "writing /etc/systemd/system/web.socket",
    "reloading systemd",
    "enabling web.socket",
    "starting web.socket",
    "starting web.service",
    "waiting a moment",
    "verifying web.socket",
    "verifying web.service",
    "committing",
  ]);
});

test("another nginx configuration: written and reloaded, nothing else", () => {
  const facts = change(settled(desired()), conf, present("server { listen 80; } # old"));
  assert.deepEqual(says(facts, desired()), [
    "starting",
    `writing ${conf}`,
    "reloading web.service",
    "verifying web.service",
    "committing",
  ]);
});

test("another container: the service restarts, and the socket stays open", () => {
  const facts = change(
    settled(desired()),
    unitPath("system", "web.container"),
    present(container.replace(":1", ":0")),
  );
  assert.deepEqual(says(facts, desired()), [
    "starting",
    "pulling registry.example/nginx:1",
    "validating the units",
    "writing /etc/containers/systemd/web.container",
    "reloading systemd",
    "restarting web.service",
    "waiting a moment",
    "verifying web.service",
    "committing",
  ]);
});

test("another Description: written, and nothing that runs is touched", () => {
  const facts = change(
    settled(desired()),
    unitPath("system", "web.container"),
    present(container.replace("=web", "=old")),
  );
  assert.deepEqual(says(facts, desired()), [
    "starting",
    "validating the units",
    "writing /etc/containers/systemd/web.container",
    "reloading systemd",
    "committing",
  ]);
});

test("another address: the socket is closed before systemd reads it anew, and the service gets the new one", () => {
  const facts = change(
    settled(desired()),
    unitPath("system", "web.socket"),
    present(socket.replace("80", "81")),
  );
  assert.deepEqual(says(facts, desired()), [
    "starting",
    "pulling registry.example/nginx:1",
    "validating the units",
    "writing /etc/systemd/system/web.socket",
    "stopping web.socket",
    "reloading systemd",
    "stopping web.service",
    "starting web.socket",
    "starting web.service",
    "waiting a moment",
    "verifying web.socket",
    "verifying web.service",
    "committing",
  ]);
});

test("a second socket: the first is not touched", () => {
  const more = desired();
  more.files.push(unit("web-81.socket", "[Socket]\nListenStream=0.0.0.0:81\nService=web.service\n"));
  more.services.push({
    unit: "web-81.socket",
    active: true,
    enabled: true,
    reloadOn: [],
    restartOn: [],
    handover: false,
  });
  const steps = says(settled(desired()), more);
  assert.deepEqual(steps, [
    "starting",
    "pulling registry.example/nginx:1",
    "validating the units",
    "writing /etc/systemd/system/web-81.socket",
    "reloading systemd",
    "enabling web-81.socket",
    "stopping web.service",
    "starting web-81.socket",
    "starting web.service",
    "waiting a moment",
    "verifying web.service",
    "verifying web-81.socket",
    "committing",
  ]);
});

test("a socket that is not wanted any more: stopped, disabled, removed", () => {
  const before = desired();
  before.files.push(unit("web-81.socket", "[Socket]\nListenStream=0.0.0.0:81\nService=web.service\n"));
  assert.deepEqual(says(settled(before), desired()), [
    "starting",
    "validating the units",
    "stopping web-81.socket",
    "disabling web-81.socket",
    "removing /etc/systemd/system/web-81.socket",
    "reloading systemd",
    "forgetting web-81.socket",
    "committing",
  ]);
});

test("a stopped service, a disabled socket, a changed mode: each is put right, and only that", () => {
  const facts = settled(desired());
  const stopped = { ...facts, units: new Map(facts.units) };
  stopped.units.set("web.service", unitFact({ active: "failed" }));
  assert.deepEqual(says(stopped, desired()), [
    "starting",
    "pulling registry.example/nginx:1",
    "starting web.service",
    "waiting a moment",
    "verifying web.service",
    "committing",
  ]);
  const disabled = { ...facts, units: new Map(facts.units) };
  disabled.units.set("web.socket", unitFact({ enabled: "disabled" }));
  assert.deepEqual(says(disabled, desired()), ["starting", "enabling web.socket", "committing"]);
  const mode = change(facts, unitPath("system", "web.socket"), present(socket, "0600"));
  assert.deepEqual(says(mode, desired()), [
    "starting",
    "validating the units",
    "writing /etc/systemd/system/web.socket",
    "reloading systemd",
    "committing",
  ]);
});

test("an interrupted run: the service may not have read what was written, so it restarts", () => {
  const facts = settled(desired());
  const unfinished: Facts = {
    ...facts,
    set: { owner: "urn:web", paths: facts.set?.paths ?? [], unfinished: true },
  };
  assert.deepEqual(says(unfinished, desired()), [
    "starting",
    "pulling registry.example/nginx:1",
    "restarting web.service",
    "waiting a moment",
    "verifying web.service",
    "committing",
  ]);
});

test("a foreign file is refused, unless it is adopted; then what is right is left as it runs", () => {
  const foreign: Facts = { ...settled(desired()), set: undefined };
  const { refusals, steps } = plan(foreign, desired(), []);
  assert.equal(refusals.length, 3);
  assert.match(
    refusals[0] ?? "",
    /conf\.d\/default\.conf exists and does not belong to this resource.*adopt: true/,
  );
  assert.deepEqual(steps, []);
  assert.deepEqual(says(foreign, desired({ adopt: true })), ["starting", "committing"]);
});

test("a set of another owner is refused by name", () => {
  const facts = settled(desired({ owner: "urn:other" }));
  assert.match(
    plan(facts, desired(), []).refusals.join("\n"),
    /a set named "web" is there already; it belongs to urn:other/,
  );
});

test("what the state knows is ours even without a mark: an import", () => {
  const imported: Facts = { ...settled(desired()), set: undefined };
  const known = desired().files.map(({ path }) => path);
  assert.deepEqual(says(imported, desired(), known), ["starting", "committing"]);
});

test("a symbolic link in the way is refused even when adopted", () => {
  const facts = change(empty(), conf, { ...absent(), type: "link" });
  assert.match(plan(facts, desired({ adopt: true }), []).refusals.join(), /is a symbolic link/);
});

test("a key that the host's podman does not know names both versions", () => {
  const state = desired();
  state.files[1] = unit("web.container", `${container}ReloadSignal=SIGHUP\n`);
  assert.match(
    plan(empty(), state, []).refusals.join(),
    /ReloadSignal= in \[Container\] needs podman 5\.5, and the host has 5\.4\.2/,
  );
});

test("delete: sockets first, then services; nothing is left to a request", () => {
  const gone = desired({ files: [], services: [], images: [] });
  assert.deepEqual(says(settled(desired()), gone), [
    "starting",
    "stopping web.socket",
    "stopping web.service",
    "disabling web.socket",
    `removing ${conf}`,
    "removing /etc/containers/systemd/web.container",
    "removing /etc/systemd/system/web.socket",
    "reloading systemd",
    "forgetting web.service",
    "forgetting web.socket",
    "cleaning up",
  ]);
});

test("delete of what is not there: nothing to do", () => {
  assert.deepEqual(says(empty(), desired({ files: [], services: [], images: [] })), []);
});

test("checks: run where their files change or something starts, before anything is written", () => {
  const checks = [
    {
      name: "nginx -t",
      image: "x",
      command: ["nginx", "-t"],
      mounts: { "/etc/quadlet-fleet/web/conf.d": "/c" },
      volumes: [],
    },
  ];
  const state = desired({ checks });
  const changed = change(settled(state), conf, present("server {} # old"));
  assert.deepEqual(says(changed, state), [
    "starting",
    "checking by nginx -t",
    `writing ${conf}`,
    "reloading web.service",
    "verifying web.service",
    "committing",
  ]);
  const described = change(
    settled(state),
    unitPath("system", "web.container"),
    present(container.replace("=web", "=old")),
  );
  assert.ok(!says(described, state).includes("checking by nginx -t"));
  assert.ok(says(empty(), state).includes("checking by nginx -t"));
});

test("an nginx file that is gone: nginx is checked and reloaded without it", () => {
  const extra = "/etc/quadlet-fleet/web/conf.d/b.conf";
  const before = desired();
  before.files.push({ key: extra, path: extra, content: "", mode: "0644" });
  const services = before.services.map((service) =>
    service.unit === "web.service" ? { ...service, reloadOn: [...service.reloadOn, extra] } : service,
  );
  const { steps } = plan(settled(before), desired(), [], services);
  assert.deepEqual(
    steps.map((step) => step.says),
    ["starting", `removing ${extra}`, "reloading web.service", "verifying web.service", "committing"],
  );
});

test("delete after somebody else took the set over: nothing is done", () => {
  const known = desired().files.map(({ path }) => path);
  const gone = desired({ owner: "urn:old", files: [], services: [], images: [], adopt: true });
  assert.deepEqual(plan(settled(desired()), gone, known).steps, []);
});

test("a mark of before is our own: a renamed stack goes on, and the mark is written anew", () => {
  const renamed = desired({ owner: "urn:renamed", formerOwners: ["urn:web"] });
  assert.deepEqual(says(settled(desired()), renamed), ["starting", "committing"]);
});

test("a file of another set on the host is refused, also with adopt", () => {
  const facts = { ...settled(desired()), set: undefined, others: new Map([[conf, "shop"]]) };
  assert.match(
    plan(facts, desired({ adopt: true }), []).refusals.join(),
    /belongs to the set "shop" on this host/,
  );
});
