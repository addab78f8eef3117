import assert from "node:assert/strict";
import { test } from "node:test";
import type { Facts } from "../../host/facts/facts.ts";
import { plan } from "../../host/plan/plan.ts";
import { conf, container, desired, empty, service, unit } from "./host-plan-facts.ts";

test("a name that a restart of another set's service needs is refused; one beside any other file is free", () => {
  const handover = desired({
    files: [unit("web-handover.container", container)],
    services: [service("web-handover.service")],
    images: [],
  });
  const refusals = (path: string) => {
    const facts: Facts = { ...empty(), others: new Map([[path, "first"]]) };
    return plan(facts, handover, []).refusals;
  };
  assert.deepEqual(refusals("/etc/containers/systemd/web.container"), [
    'a restart of web.service, which belongs to the set "first" on this host, needs the name web-handover.service for a moment. Rename one of the two.',
  ]);
  for (const path of ["/etc/containers/systemd/we.container", "/etc/systemd/system/web.socket", conf])
    assert.deepEqual(refusals(path), []);
});
