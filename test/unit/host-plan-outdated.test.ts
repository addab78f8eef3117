import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Facts } from "../../host/facts/facts.ts";
import { newerFiles } from "../../host/plan/drift.ts";
import { plan } from "../../host/plan/plan.ts";
import { stepFields } from "../../host/plan/step.ts";
import {
  change,
  conf,
  desired,
  does,
  handedOver,
  present,
  restarted,
  service,
  settled,
  site,
  state,
} from "./host-plan-facts.ts";

const nginx = "server { listen 80; }";
const secret = "/etc/quadlet-fleet/web/environment";

/** nginx's configuration as desired, with this modification time; the service was started or reloaded at 1000. */
function written(modified: number, facts = settled(desired())): Facts {
  return change(facts, conf, { ...present(nginx), modified });
}

describe("a file that is newer than what its service has read", () => {
  test("nginx's configuration: reloaded, nothing is written", () => {
    assert.deepEqual(does(written(1001), desired()), [
      "begin",
      "stage",
      "reload web.service",
      "verify web.service",
      "commit",
    ]);
  });

  test("not newer: nothing to do", () => {
    assert.deepEqual(does(written(1000), desired()), []);
  });

  test("an environment file: restarted", () => {
    const wanted = desired();
    wanted.files.unshift({ key: secret, path: secret, content: "A=b\n", mode: "0600" });
    wanted.services[1] = service("web.service", { restartOn: [secret] });
    const facts = settled(wanted);
    assert.deepEqual(does(facts, wanted), []);
    assert.deepEqual(
      does(change(facts, secret, { ...present("A=b\n", "0600"), modified: 1001 }), wanted),
      restarted,
    );
  });

  test("a service that has ended has read nothing, and starts", () => {
    const steps = does(state(written(1001), "web.service", { active: "failed" }), desired());
    assert.ok(steps.includes("start web.service") && !steps.includes("reload web.service"));
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
    assert.deepEqual(does(replaced(settled(desired())), desired()), restarted);
  });

  test("with handover: it hands over, and no file is written", () => {
    const wanted = site(["0.0.0.0:80"]);
    assert.deepEqual(does(replaced(settled(wanted)), wanted), handedOver([]));
  });

  test("a service that does not run is started, and not restarted", () => {
    const facts = replaced(state(settled(desired()), "web.service", { active: "inactive" }));
    assert.ok(does(facts, desired()).includes("start web.service"));
  });

  test("another set's container: nothing to do", () => {
    const facts = { ...settled(desired()), replacedImages: new Set(["shop.service"]) };
    assert.deepEqual(does(facts, desired()), []);
  });
});

describe("a service that systemd starts again and again", () => {
  const looping = (facts: Facts): Facts =>
    state(facts, "web.service", { active: "activating", restarting: true });

  test("is restarted, as a start would wait for systemd's own", () => {
    assert.deepEqual(does(looping(settled(desired())), desired()), restarted);
  });

  test("also where it was to be reloaded", () => {
    const steps = does(looping(written(1001)), desired());
    assert.ok(steps.includes("restart web.service") && !steps.includes("reload web.service"));
  });

  test("one that need not run is left alone, and so is one that starts", () => {
    const wanted = desired();
    wanted.services[1] = service("web.service", { active: false });
    assert.deepEqual(does(looping(settled(wanted)), wanted), []);
    assert.deepEqual(does(state(settled(desired()), "web.service", { active: "activating" }), desired()), []);
  });
});

test("a unit file that another session has changed: systemd reads it again", () => {
  const facts = state(settled(desired()), "web.socket", { needsReload: true });
  assert.deepEqual(does(facts, desired()), ["begin", "stage", "daemon_reload", "commit"]);
});

describe("requests that must be answered", () => {
  const probes = [
    { listen: "0.0.0.0:80", path: "/", hostName: "localhost" },
    { listen: "192.0.2.11:80", path: "/health", hostName: "www.example.com", status: 204 },
  ];
  const wanted = desired({ probes });

  test("after a reload, each of them, and last", () => {
    const { steps } = plan(change(settled(wanted), conf, present("old")), wanted, []);
    assert.deepEqual(steps.slice(-4).map(stepFields), [
      ["verify", "web.service", "touched"],
      ["ask", "0", "web.service"],
      ["ask", "1", "web.service"],
      ["commit"],
    ]);
  });

  test("after a first deploy", () => {
    const facts = { ...settled(desired({ files: [], services: [] })), set: undefined };
    assert.deepEqual(does(facts, wanted).slice(-3), ["ask 0", "ask 1", "commit"]);
  });

  test("none where nothing that answers was touched", () => {
    assert.deepEqual(does(settled(wanted), wanted), []);
    const disabled = state(settled(wanted), "web.socket", { enabled: "disabled" });
    assert.deepEqual(does(disabled, wanted), [
      "begin",
      "stage",
      "enable web.socket",
      "daemon_reload",
      "commit",
    ]);
  });

  test("none at a delete", () => {
    const gone = desired({ files: [], services: [], images: [], probes: [] });
    assert.ok(!does(settled(wanted), gone).some((says) => says.startsWith("ask ")));
  });
});
