import assert from "node:assert/strict";
import { test } from "node:test";
import { unitPath } from "../../host/desired.ts";
import type { Facts } from "../../host/facts/facts.ts";
import { plan } from "../../host/plan/plan.ts";
import {
  change,
  conf,
  container,
  desired,
  does,
  empty,
  named,
  present,
  restarted,
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
  assert.deepEqual(does(empty(), desired()), [
    "begin",
    "pull registry.example/nginx:1",
    "validate",
    "stage",
    `put ${conf}`,
    "put /etc/containers/systemd/web.container",
    "put /etc/systemd/system/web.socket",
    "enable web.socket",
    "daemon_reload",
    "start web.socket",
    "start web.service",
    "settle",
    "verify web.socket",
    "verify web.service",
    "commit",
  ]);
});

test("another nginx configuration: written and reloaded, nothing else", () => {
  const facts = change(settled(desired()), conf, present("server { listen 80; } # old"));
  assert.deepEqual(does(facts, desired()), [
    "begin",
    "stage",
    `put ${conf}`,
    "reload web.service",
    "verify web.service",
    "commit",
  ]);
});

test("another container: the service restarts, and the socket stays open", () => {
  const facts = change(
    settled(desired()),
    unitPath("system", "web.container"),
    present(container.replace(":1", ":0")),
  );
  assert.deepEqual(does(facts, desired()), [
    "begin",
    "pull registry.example/nginx:1",
    "validate",
    "stage",
    "put /etc/containers/systemd/web.container",
    "daemon_reload",
    "restart web.service",
    "settle",
    "verify web.service",
    "commit",
  ]);
});

test("another container, and its image is always pulled: the tag moves when the files do", () => {
  const state = desired({ images: [{ reference: "registry.example/nginx:1", pull: "always" }] });
  const facts = change(
    settled(state),
    unitPath("system", "web.container"),
    present(container.replace("[Container]", "[Container]\nEnvironment=A=b")),
  );
  assert.deepEqual(does(facts, state).slice(0, 6), [
    "begin",
    "pull registry.example/nginx:1",
    "validate",
    "stage",
    "tag registry.example/nginx:1",
    "put /etc/containers/systemd/web.container",
  ]);
  const another = change(settled(state), conf, present("# old"));
  assert.ok(!does(another, state).includes("tag registry.example/nginx:1"), "nothing starts");
});

test("another Description: written, and nothing that runs is touched", () => {
  const facts = change(
    settled(desired()),
    unitPath("system", "web.container"),
    present(container.replace("=web", "=old")),
  );
  assert.deepEqual(does(facts, desired()), [
    "begin",
    "validate",
    "stage",
    "put /etc/containers/systemd/web.container",
    "daemon_reload",
    "commit",
  ]);
});

test("another address: the socket restarts together with its service", () => {
  const facts = change(
    settled(desired()),
    unitPath("system", "web.socket"),
    present(socket.replace("80", "81")),
  );
  assert.deepEqual(does(facts, desired()), [
    "begin",
    "pull registry.example/nginx:1",
    "validate",
    "stage",
    "put /etc/systemd/system/web.socket",
    "daemon_reload",
    "restart web.socket web.service",
    "settle",
    "verify web.socket",
    "verify web.service",
    "commit",
  ]);
});

test("a second socket: the first is not touched", () => {
  const more = desired();
  more.files.push(unit("web-81.socket", "[Socket]\nListenStream=0.0.0.0:81\nService=web.service\n"));
  more.services.push(service("web-81.socket", { enabled: true }));
  const steps = does(settled(desired()), more);
  assert.deepEqual(steps, [
    "begin",
    "pull registry.example/nginx:1",
    "validate",
    "stage",
    "put /etc/systemd/system/web-81.socket",
    "enable web-81.socket",
    "daemon_reload",
    "restart web-81.socket web.service",
    "settle",
    "verify web.service",
    "verify web-81.socket",
    "commit",
  ]);
});

test("a socket that is not wanted any more: stopped, disabled, removed", () => {
  const before = desired();
  before.files.push(unit("web-81.socket", "[Socket]\nListenStream=0.0.0.0:81\nService=web.service\n"));
  assert.deepEqual(does(settled(before), desired()), [
    "begin",
    "validate",
    "stage",
    "disable web-81.socket",
    "remove /etc/systemd/system/web-81.socket",
    "daemon_reload",
    "stop web-81.socket",
    "reset_failed web-81.socket",
    "commit",
  ]);
});

test("a stopped service, a disabled socket, a changed mode: each is put right, and only that", () => {
  const facts = settled(desired());
  const stopped = state(facts, "web.service", { active: "failed" });
  assert.deepEqual(does(stopped, desired()), [
    "begin",
    "pull registry.example/nginx:1",
    "stage",
    "start web.service",
    "settle",
    "verify web.service",
    "commit",
  ]);
  const disabled = state(facts, "web.socket", { enabled: "disabled" });
  assert.deepEqual(does(disabled, desired()), [
    "begin",
    "stage",
    "enable web.socket",
    "daemon_reload",
    "commit",
  ]);
  const mode = change(facts, unitPath("system", "web.socket"), present(socket, "0600"));
  assert.deepEqual(does(mode, desired()), [
    "begin",
    "validate",
    "stage",
    "put /etc/systemd/system/web.socket",
    "daemon_reload",
    "commit",
  ]);
});

test("an interrupted run: the service may not have read what was written, so it restarts", () => {
  const facts = settled(desired());
  const unfinished: Facts = {
    ...facts,
    set: { owner: "urn:web", paths: facts.set?.paths ?? [], unfinished: true },
  };
  assert.deepEqual(does(unfinished, desired()), restarted);
});

test("what the state knows is ours even without a mark: an import", () => {
  const imported: Facts = { ...settled(desired()), set: undefined };
  const known = desired().files.map(({ path }) => path);
  assert.deepEqual(does(imported, desired(), known), ["begin", "stage", "commit"]);
});

test("delete: sockets first, then services; nothing is left to a request", () => {
  const gone = desired({ files: [], services: [], images: [] });
  assert.deepEqual(does(settled(desired()), gone), [
    "begin",
    "stage",
    "stop web.socket web.service",
    "disable web.socket",
    `remove ${conf}`,
    "remove /etc/containers/systemd/web.container",
    "remove /etc/systemd/system/web.socket",
    "daemon_reload",
    "reset_failed web.service",
    "reset_failed web.socket",
    "forget",
  ]);
});

test("delete of a template: only its instances are units that could be stopped", () => {
  const template = "/etc/systemd/system/app@.service";
  const facts = change(settled(desired()), template, present("[Service]\nExecStart=true\n"));
  const gone = desired({ files: [], services: [], images: [] });
  const all = does(facts, gone, [template]);
  assert.ok(all.includes(`remove ${template}`));
  assert.equal(
    all.some((line) => / app@\.service/.test(line)),
    false,
    all.join("\n"),
  );
});

test("delete of what is not there: nothing to do", () => {
  assert.deepEqual(does(empty(), desired({ files: [], services: [], images: [] })), []);
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
  assert.deepEqual(does(changed, checked), [
    "begin",
    "try nginx -t",
    "stage",
    `put ${conf}`,
    "reload web.service",
    "verify web.service",
    "commit",
  ]);
  const described = change(
    settled(checked),
    unitPath("system", "web.container"),
    present(container.replace("=web", "=old")),
  );
  assert.ok(!does(described, checked).includes("try nginx -t"));
  assert.ok(does(empty(), checked).includes("try nginx -t"));
});

test("an nginx file that is gone: nginx is checked and reloaded without it", () => {
  const extra = "/etc/quadlet-fleet/web/conf.d/b.conf";
  const before = desired();
  before.files.push({ key: extra, path: extra, content: "", mode: "0644" });
  const services = before.services.map((service) =>
    service.unit === "web.service" ? { ...service, reloadOn: [...service.reloadOn, extra] } : service,
  );
  const expected = [
    "begin",
    "stage",
    `remove ${extra}`,
    "reload web.service",
    "verify web.service",
    "commit",
  ];
  const known = before.files.map(({ path }) => path);
  const { steps } = plan(settled(before), desired(), known, services);
  assert.deepEqual(steps.map(named), expected);
  // The state may not know which service read the file, if no run was told that the host has it.
  const unknown = plan(settled(before), desired(), [], desired().services);
  assert.deepEqual(unknown.steps.map(named), expected);
});

test("delete after another session took the set over: nothing is done", () => {
  const known = desired().files.map(({ path }) => path);
  const gone = desired({ owner: "urn:old", files: [], services: [], images: [], adopt: true });
  assert.deepEqual(plan(settled(desired()), gone, known).steps, []);
});

test("a mark of before is our own: a renamed stack goes on, and the mark is written anew", () => {
  const renamed = desired({ owner: "urn:renamed", formerOwners: ["urn:web"] });
  assert.deepEqual(does(settled(desired()), renamed), ["begin", "stage", "commit"]);
});
