import assert from "node:assert/strict";
import { test } from "node:test";
import { Report, folded } from "../../cli/report.ts";
import { chosenHosts, hostsOf, setsOf, waysTo, whyNot } from "../../cli/sites.ts";
import type { DeployedSet } from "../../cli/stack.ts";
import { Stop } from "../../cli/stop.ts";
import { chosenUnit } from "../../cli/units.ts";
import { HostError } from "../../host/errors.ts";
import { nothingKnown } from "../../provider/fleet.ts";
import { waysOf } from "../../provider/where.ts";
import { desired } from "./host-plan-facts.ts";

// Which sites, hosts and units the commands select, and what they report about hosts.

const urn = (name: string) =>
  `urn:pulumi:test::quadlet-fleet::quadlet:index:SocketActivatedNginx$quadlet:index:UnitSet::${name}`;

function set(name: string, hosts: Record<string, object> = {}): DeployedSet {
  const ways = waysOf(hosts as Parameters<typeof waysOf>[0]);
  const where = Object.fromEntries(Object.keys(hosts).map((host) => [host, "192.0.2.11"]));
  return {
    desired: desired({ name, owner: urn(name) }),
    known: { ...nothingKnown, ways, where },
    ...{ urn: urn(name), before: { inputs: {}, properties: {} } },
    ...{ dropIns: [], hidden: [], credentials: {} },
  };
}

const names = (sets: readonly DeployedSet[]) => sets.map((one) => one.desired.name);

test("the sets that are meant by their names, in their order", () => {
  const sets = [set("front"), set("blog"), set("www")];
  assert.deepEqual(names(setsOf(sets, ["front"])), ["front"]);
  assert.deepEqual(names(setsOf(sets, ["www", "front"])), ["front", "www"]);
  assert.throws(
    () => setsOf(sets, ["www", "nope", "no"]),
    new Stop('The stack has no site "nope" or "no".\nDeployed are: blog, front, www'),
  );
  assert.throws(
    () => setsOf([], ["www"]),
    new Stop('The stack has no site "www".\nNothing of it is deployed: run `pulumi up` first.'),
  );
});

const hosts = {
  "web-2": { address: "192.0.2.12" },
  "web-10": { address: "192.0.2.20", state: "offline" },
};

test("hosts: those that have the set or should have it, as they are asked for", () => {
  const one = set("www", hosts);
  const more: DeployedSet = {
    ...one,
    known: { ...one.known, exceptions: { "web-1": { has: "nothing", why: "new" } } },
  };
  assert.deepEqual(hostsOf(more), ["web-1", "web-2", "web-10"]);
  assert.deepEqual(chosenHosts([more], []), ["web-1", "web-2", "web-10"]);
  assert.deepEqual(chosenHosts([more], ["web-10", "web-2"]), ["web-2", "web-10"]);
  assert.throws(
    () => chosenHosts([more], ["web-3"]),
    new Stop('www is not on a host "web-3".\nIt is on: web-1, web-2, web-10'),
  );
  const report = new Report();
  const ways = waysTo([more, set("back", { "web-2": hosts["web-2"] })], hostsOf(more), report);
  assert.deepEqual(
    ways.map(({ host, set: { desired: of }, target }) => [host, of.name, target.address]),
    [
      ["web-2", "www", "192.0.2.12"],
      ["web-2", "back", "192.0.2.12"],
    ],
  );
  // web-1 has no way; web-10 is offline, which is not a failure.
  assert.equal(report.hasFailures, true);
});

test("units by their names", () => {
  const sets = [set("www")];
  assert.equal(chosenUnit(sets, "web"), "web.service");
  assert.equal(chosenUnit(sets, "web.socket"), "web.socket");
  assert.throws(
    () => chosenUnit(sets, "nope"),
    new Stop('www has no unit "nope".\nIt has: web.service, web.socket'),
  );
});

test("what is said of hosts: once for all of which it is the same, the first failure of each", (t) => {
  const said: unknown[] = [];
  t.mock.method(console, "error", (text: unknown) => said.push(text));
  const report = new Report();
  report.note("web-9", "it is offline.");
  assert.equal(report.hasFailures, false);
  for (const host of ["web-2", "web-1"]) {
    report.failed(host, "no SSH connection.\nCheck it.");
    report.failed(host, "another one");
  }
  report.say();
  report.say();
  assert.deepEqual(said, [
    "quadlet-fleet: web-[1-2]: no SSH connection.\n  Check it.",
    "quadlet-fleet: web-9: it is offline.",
  ]);
  assert.equal(report.hasFailures, true);
  assert.deepEqual(folded([]), []);
});

test("why a host was not reached never steers the terminal", () => {
  assert.equal(whyNot(new HostError("h", "a\u001b[2J.")), "a[2J.\nNothing was changed on it.");
  assert.equal(whyNot(new Error("a\u001b[2J")), "a[2J");
});
