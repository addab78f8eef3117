import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Desired } from "../../host/desired.ts";
import type { Facts } from "../../host/facts/facts.ts";
import { plan } from "../../host/plan/plan.ts";
import { stepFields } from "../../host/plan/step.ts";
import {
  change,
  conf,
  does,
  handedOver,
  named,
  present,
  service,
  settled,
  site,
  unit,
} from "./host-plan-facts.ts";

const one = site(["0.0.0.0:80"]);
const two = site(["0.0.0.0:80", "0.0.0.0:81"]);
const container = "/etc/containers/systemd/web.container";

/** The host with the container that it had before another image was wanted. */
function oldImage(state = one, facts = settled(state)): Facts {
  const text = state.files.find(({ path }) => path === container)?.content ?? "";
  return change(facts, container, present(text.replace("nginx:1", "nginx:0")));
}

test("nothing to do: no steps", () => {
  assert.deepEqual(plan(settled(two), two, []).steps, []);
});

describe("another image", () => {
  const probes = [{ listen: "0.0.0.0:80", path: "/health", hostName: "localhost" }];
  const state = { ...one, probes };
  const { steps, lent, payload } = plan(oldImage(state), state, []);

  test("it proves itself, shares the sockets, and takes over; only then the stand-in goes", () => {
    assert.deepEqual(steps.map(named), handedOver([`put ${container}`], undefined, ["ask 0"]));
  });

  test("the steps name their texts, which come after those of the files", () => {
    const of = (verb: string) =>
      steps.filter((step) => step.verb === verb).map((step) => stepFields(step).slice(1));
    assert.equal(payload.length, 1);
    assert.equal(lent.length, 2);
    assert.deepEqual(of("lend"), [
      ["1", "%t/containers/systemd/web-rehearsal.container", "web-rehearsal.service"],
      ["2", "%t/containers/systemd/web-handover.container", "web-handover.service"],
    ]);
    assert.match(lent[0] ?? "", /^Volume=\/etc\/quadlet-fleet\/web\/conf\.d:\/etc\/nginx\/conf\.d:ro$/m);
    assert.match(lent[1] ?? "", /^Sockets=web\.socket$/m);
    assert.deepEqual(of("rehearse"), [["web-rehearsal.service", "systemd-web-rehearsal", "0/"]]);
    assert.deepEqual(of("unlend"), [
      ["%t/containers/systemd/web-rehearsal.container"],
      ["%t/containers/systemd/web-handover.container"],
    ]);
    assert.deepEqual(of("ask"), [["0", "web.service"]]);
  });

  test("another Description: no handover, nothing is touched", () => {
    const text = two.files.find(({ path }) => path === container)?.content ?? "";
    const facts = change(settled(two), container, present(text.replace("nginx web", "old")));
    assert.deepEqual(does(facts, two), [
      "begin",
      "validate",
      "stage",
      `put ${container}`,
      "daemon_reload",
      "commit",
    ]);
  });

  test("of a container with a published port: a restart, its sockets open", () => {
    const state = site(["0.0.0.0:80"]);
    state.files[1] = unit(
      "web.container",
      (state.files[1]?.content ?? "").replace("[Service]", "PublishPort=90:90\n[Service]"),
    );
    assert.deepEqual(does(oldImage(state), state).slice(-5), [
      "daemon_reload",
      "restart web.service",
      "settle",
      "verify web.service",
      "commit",
    ]);
  });
});

test("another configuration: it proves itself before the old one goes", () => {
  const probes = [{ listen: "0.0.0.0:80", path: "/health", hostName: "localhost" }];
  const state = { ...one, probes };
  const facts = change(settled(state), conf, present("server { listen 80; } # old"));
  assert.deepEqual(does(facts, state), [
    "begin",
    "lend web-rehearsal.service",
    "daemon_reload",
    "rehearse web.service",
    "unlend web-rehearsal.service",
    "stage",
    `put ${conf}`,
    "reload web.service",
    "verify web.service",
    "daemon_reload",
    "ask 0",
    "commit",
  ]);
});

test("a check of a service that is rehearsed only says why the rehearsal failed", () => {
  const probes = [{ listen: "0.0.0.0:80", path: "/", hostName: "localhost" }];
  const check = (name: string, of: object) => ({
    name,
    image: "x",
    command: ["true"],
    mounts: { "/etc/quadlet-fleet/web/conf.d": "/c" },
    volumes: [],
    ...of,
  });
  const checks = [check("another", {}), check("nginx -t", { service: "web.service" })];
  const steps = (state: Desired) =>
    plan(change(settled(state), conf, present("# old")), state, [])
      .steps.filter(({ verb }) => verb === "try" || verb === "rehearse")
      .map((step) => [step.verb, stepFields(step).at(-1)]);
  assert.deepEqual(steps({ ...one, checks, probes }), [
    ["try", "0"],
    ["rehearse", "0/1"],
  ]);
  // Without probes there is nothing to ask, so there is no rehearsal of a reload.
  assert.deepEqual(steps({ ...one, checks }), [
    ["try", "0"],
    ["try", "1"],
  ]);
});

describe("one of two addresses", () => {
  const second = "/etc/systemd/system/web-81.socket";
  const both = ["restart web-81.socket web.service", "settle", "verify web-81.socket", "verify web.service"];

  test("changed: the service and that socket restart together, behind the stand-in on the other", () => {
    const facts = change(
      settled(two),
      second,
      present("[Socket]\nListenStream=0.0.0.0:82\nService=web.service\n"),
    );
    const { steps, lent } = plan(facts, two, []);
    assert.deepEqual(steps.map(named), handedOver([`put ${second}`], both));
    assert.match(lent[1] ?? "", /^Sockets=web\.socket$/m);
    assert.match(lent[1] ?? "", /^Environment=NGINX=3;$/m);
    // In one call, because otherwise a request on the open socket would start the service in between.
    assert.deepEqual(
      steps.filter(({ verb }) => verb === "restart").map((step) => stepFields(step).slice(1)),
      [["web-81.socket web.service"]],
    );
  });

  test("new: the service restarts with it, the stand-in has the other", () => {
    const files = [`put ${container}`, `put ${second}`, "enable web-81.socket"];
    assert.deepEqual(does(settled(one), two), handedOver(files, both));
  });

  test("gone: closed once the stand-in has the one that stays", () => {
    const files = [`put ${container}`, "disable web-81.socket", `remove ${second}`];
    const behind = ["stop web-81.socket", "restart web.service", "reset_failed web-81.socket", "settle"];
    assert.deepEqual(does(settled(two), one), handedOver(files, [...behind, "verify web.service"]));
  });

  test("the only one: there is nothing to share, so it is closed and opened", () => {
    const facts = change(
      settled(one),
      "/etc/systemd/system/web.socket",
      present("[Socket]\nListenStream=0.0.0.0:82\n"),
    );
    assert.deepEqual(does(facts, one).slice(3), [
      "lend web-rehearsal.service",
      "daemon_reload",
      "rehearse web.service",
      "unlend web-rehearsal.service",
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
});

describe("what else is in the set", () => {
  const secret = "/etc/quadlet-fleet/web/environment";

  test("another environment file: systemd reads the stand-in before that is started, also beside a unix socket", () => {
    for (const listen of ["0.0.0.0:80", "/run/web.sock"]) {
      const state = site([listen]);
      state.files.unshift({ key: secret, path: secret, content: "A=b\n", mode: "0600" });
      const index = state.services.findIndex(({ unit }) => unit === "web.service");
      state.services[index] = service("web.service", { restartOn: [secret], handover: true });
      const steps = does(change(settled(state), secret, present("A=a\n", "0600")), state);
      const lent = steps.indexOf("lend web-handover.service");
      const started = steps.indexOf("handover web.service");
      assert.ok(lent >= 0 && started > lent, listen);
      assert.ok(steps.slice(lent, started).includes("daemon_reload"), `${listen}: ${steps.join(", ")}`);
    }
  });

  test("a service that is gone is stopped, too", () => {
    const before = site(["0.0.0.0:80"]);
    before.files.push(unit("old.container", "[Container]\nImage=registry.example/old\n"));
    before.services.push(service("old.service"));
    const steps = does(oldImage(one, settled(before)), one);
    assert.ok(steps.includes("handover web.service"));
    assert.ok(
      steps.some((says) => says.startsWith("stop ") && says.includes("old.service")),
      steps.join(", "),
    );
  });

  test("another service restarts together with its socket", () => {
    const state = site(["0.0.0.0:80"]);
    state.files.push(
      unit("api.container", "[Container]\nImage=registry.example/api\n"),
      unit("api.socket", "[Socket]\nListenStream=0.0.0.0:90\n"),
    );
    state.services.push(service("api.socket", { enabled: true }), service("api.service"));
    const facts = change(
      oldImage(state),
      "/etc/systemd/system/api.socket",
      present("[Socket]\nListenStream=0.0.0.0:91\n"),
    );
    const steps = does(facts, state);
    assert.ok(steps.includes("handover web.service"));
    assert.ok(steps.includes("restart api.socket web.service api.service"), steps.join(", "));
  });

  test("another service is reloaded, after the handover", () => {
    const other = "/etc/api.conf";
    const state = site(["0.0.0.0:80"]);
    state.files.unshift({ key: other, path: other, content: "new", mode: "0644" });
    state.files.push(unit("api.container", "[Container]\nImage=registry.example/api\n"));
    state.services.push(service("api.service", { reloadOn: [other] }));
    const steps = does(change(oldImage(state), other, present("old")), state);
    assert.deepEqual(steps.slice(steps.indexOf("handover web.service"), -1), [
      "handover web.service",
      "restart web.service",
      "reload api.service",
      "settle",
      "verify web.service",
      "verify api.service",
      "return web-handover.service",
      "unlend web-handover.service",
      "daemon_reload",
    ]);
  });
});
