import assert from "node:assert/strict";
import { test } from "node:test";
import { unitPath } from "../../host/desired.ts";
import type { Facts } from "../../host/facts/facts.ts";
import { plan } from "../../host/plan/plan.ts";
import { stepSays } from "../../host/plan/step.ts";
import {
  change,
  conf,
  container,
  desired,
  empty,
  present,
  says,
  service,
  settled,
  socket,
  state,
  unit,
} from "./host-plan-facts.ts";

test("nothing to do: no steps", () => {
  assert.deepEqual(plan(settled(desired()), desired(), []).steps, []);
});

test("a first deploy: images before files, files before units, sockets before services", () => {
  assert.deepEqual(says(empty(), desired()), [
    "starting",
    "pulling registry.example/nginx:1",
    "validating the units",
    "preparing the files",
    `writing ${conf}`,
    "writing /etc/containers/systemd/web.container",
    "writing /etc/systemd/system/web.socket",
    "enabling web.socket",
    "reloading systemd",
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
    "preparing the files",
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
    "preparing the files",
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
    "preparing the files",
    "writing /etc/containers/systemd/web.container",
    "reloading systemd",
    "committing",
  ]);
});

test("another address: the socket restarts together with its service", () => {
  const facts = change(
    settled(desired()),
    unitPath("system", "web.socket"),
    present(socket.replace("80", "81")),
  );
  assert.deepEqual(says(facts, desired()), [
    "starting",
    "pulling registry.example/nginx:1",
    "validating the units",
    "preparing the files",
    "writing /etc/systemd/system/web.socket",
    "reloading systemd",
    "restarting web.socket, web.service",
    "waiting a moment",
    "verifying web.socket",
    "verifying web.service",
    "committing",
  ]);
});

test("a second socket: the first is not touched", () => {
  const more = desired();
  more.files.push(unit("web-81.socket", "[Socket]\nListenStream=0.0.0.0:81\nService=web.service\n"));
  more.services.push(service("web-81.socket", { enabled: true }));
  const steps = says(settled(desired()), more);
  assert.deepEqual(steps, [
    "starting",
    "pulling registry.example/nginx:1",
    "validating the units",
    "preparing the files",
    "writing /etc/systemd/system/web-81.socket",
    "enabling web-81.socket",
    "reloading systemd",
    "restarting web-81.socket, web.service",
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
    "preparing the files",
    "disabling web-81.socket",
    "removing /etc/systemd/system/web-81.socket",
    "reloading systemd",
    "stopping web-81.socket",
    "forgetting web-81.socket",
    "committing",
  ]);
});

test("a stopped service, a disabled socket, a changed mode: each is put right, and only that", () => {
  const facts = settled(desired());
  const stopped = state(facts, "web.service", { active: "failed" });
  assert.deepEqual(says(stopped, desired()), [
    "starting",
    "pulling registry.example/nginx:1",
    "starting web.service",
    "waiting a moment",
    "verifying web.service",
    "committing",
  ]);
  const disabled = state(facts, "web.socket", { enabled: "disabled" });
  assert.deepEqual(says(disabled, desired()), [
    "starting",
    "enabling web.socket",
    "reloading systemd",
    "committing",
  ]);
  const mode = change(facts, unitPath("system", "web.socket"), present(socket, "0600"));
  assert.deepEqual(says(mode, desired()), [
    "starting",
    "validating the units",
    "preparing the files",
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

test("what the state knows is ours even without a mark: an import", () => {
  const imported: Facts = { ...settled(desired()), set: undefined };
  const known = desired().files.map(({ path }) => path);
  assert.deepEqual(says(imported, desired(), known), ["starting", "committing"]);
});

test("delete: sockets first, then services; nothing is left to a request", () => {
  const gone = desired({ files: [], services: [], images: [] });
  assert.deepEqual(says(settled(desired()), gone), [
    "starting",
    "preparing the files",
    "stopping web.socket, web.service",
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

test("delete of a template: only its instances are units that could be stopped", () => {
  const template = "/etc/systemd/system/app@.service";
  const facts = change(settled(desired()), template, present("[Service]\nExecStart=true\n"));
  const gone = desired({ files: [], services: [], images: [] });
  const all = says(facts, gone, [template]);
  assert.ok(all.includes(`removing ${template}`));
  assert.equal(
    all.some((line) => / app@\.service/.test(line)),
    false,
    all.join("\n"),
  );
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
  const checked = desired({ checks });
  const changed = change(settled(checked), conf, present("server {} # old"));
  assert.deepEqual(says(changed, checked), [
    "starting",
    "checking by nginx -t",
    "preparing the files",
    `writing ${conf}`,
    "reloading web.service",
    "verifying web.service",
    "committing",
  ]);
  const described = change(
    settled(checked),
    unitPath("system", "web.container"),
    present(container.replace("=web", "=old")),
  );
  assert.ok(!says(described, checked).includes("checking by nginx -t"));
  assert.ok(says(empty(), checked).includes("checking by nginx -t"));
});

test("an nginx file that is gone: nginx is checked and reloaded without it", () => {
  const extra = "/etc/quadlet-fleet/web/conf.d/b.conf";
  const before = desired();
  before.files.push({ key: extra, path: extra, content: "", mode: "0644" });
  const services = before.services.map((service) =>
    service.unit === "web.service" ? { ...service, reloadOn: [...service.reloadOn, extra] } : service,
  );
  const { steps } = plan(settled(before), desired(), [], services);
  assert.deepEqual(steps.map(stepSays), [
    "starting",
    "preparing the files",
    `removing ${extra}`,
    "reloading web.service",
    "verifying web.service",
    "committing",
  ]);
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
