import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Facts } from "../../host/facts/facts.ts";
import { newerFiles, plan } from "../../host/plan/plan.ts";
import { stepFields, stepSays } from "../../host/plan/step.ts";
import { change, conf, desired, present, says, service, settled, site, state } from "./host-plan-facts.ts";

const nginx = "server { listen 80; }";
const secret = "/etc/quadlet-fleet/web/environment";

/** nginx's configuration as desired, written at a time; what runs was started or reloaded at 1000. */
function written(modified: number, facts = settled(desired())): Facts {
  return change(facts, conf, { ...present(nginx), modified });
}

describe("a file that is newer than what its service has read", () => {
  test("nginx's configuration: reloaded, nothing is written", () => {
    assert.deepEqual(says(written(1001), desired()), [
      "starting",
      "reloading web.service",
      "verifying web.service",
      "committing",
    ]);
  });

  test("not newer: nothing to do", () => {
    assert.deepEqual(says(written(1000), desired()), []);
  });

  test("an environment file: restarted", () => {
    const wanted = desired();
    wanted.files.unshift({ key: secret, path: secret, content: "A=b\n", mode: "0600" });
    wanted.services[1] = service("web.service", { restartOn: [secret] });
    const facts = settled(wanted);
    assert.deepEqual(says(facts, wanted), []);
    assert.deepEqual(says(change(facts, secret, { ...present("A=b\n", "0600"), modified: 1001 }), wanted), [
      "starting",
      "pulling registry.example/nginx:1",
      "restarting web.service",
      "waiting a moment",
      "verifying web.service",
      "committing",
    ]);
  });

  test("a service that has ended has read nothing, and starts", () => {
    const steps = says(state(written(1001), "web.service", { active: "failed" }), desired());
    assert.ok(steps.includes("starting web.service") && !steps.includes("reloading web.service"));
  });

  test("a time that is not known tells nothing", () => {
    assert.deepEqual(
      newerFiles(state(written(1001), "web.service", { changed: 0 }), "web.service", [conf]),
      [],
    );
    assert.deepEqual(newerFiles(written(1001), "other.service", [conf]), []);
    assert.deepEqual(newerFiles(written(1001), "web.service", [conf]), [conf]);
    assert.deepEqual(newerFiles(written(1001), "web.service", ["/etc/other"]), []);
  });
});

describe("an image that was replaced under its name", () => {
  const replaced = (facts: Facts): Facts => ({ ...facts, replacedImages: new Set(["web.service"]) });

  test("the service restarts", () => {
    assert.deepEqual(says(replaced(settled(desired())), desired()), [
      "starting",
      "pulling registry.example/nginx:1",
      "restarting web.service",
      "waiting a moment",
      "verifying web.service",
      "committing",
    ]);
  });

  test("with handover: it hands over, and no file is written", () => {
    const wanted = site(["0.0.0.0:80"]);
    assert.deepEqual(says(replaced(settled(wanted)), wanted), [
      "starting",
      "pulling registry.example/nginx:1",
      "preparing web-rehearsal.service",
      "preparing web-handover.service",
      "reloading systemd",
      "rehearsing web.service",
      "removing web-rehearsal.service",
      "handing web.service over to its new version",
      "restarting web.service",
      "waiting a moment",
      "verifying web.service",
      "stopping web-handover.service",
      "removing web-handover.service",
      "reloading systemd",
      "committing",
    ]);
  });

  test("a service that does not run is started, and not restarted", () => {
    const facts = replaced(state(settled(desired()), "web.service", { active: "inactive" }));
    assert.ok(says(facts, desired()).includes("starting web.service"));
  });

  test("another set's container: nothing to do", () => {
    const facts = { ...settled(desired()), replacedImages: new Set(["shop.service"]) };
    assert.deepEqual(says(facts, desired()), []);
  });
});

describe("a service that systemd starts again and again", () => {
  const looping = (facts: Facts): Facts =>
    state(facts, "web.service", { active: "activating", restarting: true });

  test("is restarted, as a start would wait for systemd's own", () => {
    assert.deepEqual(says(looping(settled(desired())), desired()), [
      "starting",
      "pulling registry.example/nginx:1",
      "restarting web.service",
      "waiting a moment",
      "verifying web.service",
      "committing",
    ]);
  });

  test("also where it was to be reloaded", () => {
    const steps = says(looping(written(1001)), desired());
    assert.ok(steps.includes("restarting web.service") && !steps.includes("reloading web.service"));
  });

  test("one that need not run is left alone, and so is one that starts", () => {
    const wanted = desired();
    wanted.services[1] = service("web.service", { active: false });
    assert.deepEqual(says(looping(settled(wanted)), wanted), []);
    assert.deepEqual(says(state(settled(desired()), "web.service", { active: "activating" }), desired()), []);
  });
});

test("a unit file that somebody else has changed: systemd reads it again", () => {
  const facts = state(settled(desired()), "web.socket", { needsReload: true });
  assert.deepEqual(says(facts, desired()), ["starting", "reloading systemd", "committing"]);
});

describe("requests that must be answered", () => {
  const probes = [
    { listen: "0.0.0.0:80", path: "/", hostName: "localhost" },
    { listen: "192.0.2.11:80", path: "/health", hostName: "www.example.com", status: 204 },
  ];
  const wanted = desired({ probes });

  test("after a reload, each of them, and last", () => {
    const { steps } = plan(change(settled(wanted), conf, present("old")), wanted, []);
    assert.deepEqual(
      steps.slice(-4).map((step) => [step.verb, stepSays(step), stepFields(step).slice(1)]),
      [
        ["verify", "verifying web.service", ["web.service", "touched"]],
        ["ask", "asking 0.0.0.0:80/", ["0", "web.service"]],
        ["ask", "asking 192.0.2.11:80/health", ["1", "web.service"]],
        ["commit", "committing", []],
      ],
    );
  });

  test("after a first deploy", () => {
    const facts = { ...settled(desired({ files: [], services: [] })), set: undefined };
    assert.deepEqual(says(facts, wanted).slice(-3), [
      "asking 0.0.0.0:80/",
      "asking 192.0.2.11:80/health",
      "committing",
    ]);
  });

  test("none where nothing that answers was touched", () => {
    assert.deepEqual(says(settled(wanted), wanted), []);
    const disabled = state(settled(wanted), "web.socket", { enabled: "disabled" });
    assert.deepEqual(says(disabled, wanted), [
      "starting",
      "enabling web.socket",
      "reloading systemd",
      "committing",
    ]);
  });

  test("none at a delete", () => {
    const gone = desired({ files: [], services: [], images: [], probes: [] });
    assert.ok(!says(settled(wanted), gone).some((says) => says.startsWith("asking")));
  });
});
