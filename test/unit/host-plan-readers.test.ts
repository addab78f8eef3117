import assert from "node:assert/strict";
import { test } from "node:test";
import { plan } from "../../host/plan/plan.ts";
import { stepFields } from "../../host/plan/step.ts";
import { change, conf, present, settled, site } from "./host-plan-facts.ts";

const one = site(["0.0.0.0:80"]);

test("before a secret file is mounted, whoever reads it is looked at, also for a rehearsal", () => {
  const check = (service?: string) => ({
    name: "nginx -t",
    image: "registry.example/nginx:1",
    command: ["true"],
    mounts: { "/etc/quadlet-fleet/web/conf.d": "/c" },
    volumes: [],
    service,
  });
  const steps = (mode: string, service?: string) => {
    const files = one.files.map((file) => (file.path === conf ? { ...file, mode } : file));
    const state = {
      ...one,
      files,
      checks: [check(service)],
      probes: [{ listen: "0.0.0.0:80", path: "/", hostName: "a" }],
    };
    return plan(change(settled(state), conf, present("# old")), state, [])
      .steps.filter(({ verb }) => ["readers", "try", "rehearse"].includes(verb))
      .map((step) => stepFields(step).slice(0, 3));
  };
  const looked = ["readers", "registry.example/nginx:1", conf];
  assert.deepEqual(steps("0600"), [
    looked,
    ["try", "0"],
    ["rehearse", "web-rehearsal.service", "systemd-web-rehearsal"],
  ]);
  assert.deepEqual(steps("0600", "web.service"), [
    looked,
    ["rehearse", "web-rehearsal.service", "systemd-web-rehearsal"],
  ]);
  assert.deepEqual(steps("0644", "web.service"), [
    ["rehearse", "web-rehearsal.service", "systemd-web-rehearsal"],
  ]);
});
