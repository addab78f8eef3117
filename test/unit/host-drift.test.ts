import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Desired } from "../../host/desired.ts";
import type { Facts, FileFact } from "../../host/facts/facts.ts";
import type { UnitFact } from "../../host/facts/unit-facts.ts";
import { drift } from "../../host/plan/drift.ts";
import { change, conf, desired, present, service, settled, state } from "./host-plan-facts.ts";

const environment = "/etc/quadlet-fleet/web/environment";
const web = desired({
  files: [...desired().files, { key: environment, path: environment, content: "A=b", mode: "0600" }],
  services: [
    service("web.socket", { enabled: true }),
    service("web.service", { reloadOn: [conf], restartOn: [environment] }),
  ],
});
const host = settled(web);
const container = "/etc/containers/systemd/web.container";

const said = new Set<string>();

/** The differences on a host, one per line. */
function found(facts: Facts, wanted: Desired = web, known: readonly string[] = []): string[] {
  return drift(facts, wanted, known).map(({ what, where }) => {
    said.add(what.replace(/ \d+$/, ""));
    return `${what}: ${where}`;
  });
}

const file = (path: string, fact: Partial<FileFact>) =>
  change(host, path, { ...present(web.files.find((one) => one.path === path)?.content ?? ""), ...fact });

test("nothing on an unchanged host", () => assert.deepEqual(found(host), []));

describe("a file or a unit", () => {
  for (const path of [conf, container]) {
    const cases: [string, Partial<FileFact>][] = [
      ["edited", { sha256: present("other").sha256 }],
      ["mode 0666", { mode: "0666" }],
      ["owner UID 1000", { uid: 1000 }],
      ["gone", { type: "absent" }],
      ["no regular file", { type: "link" }],
    ];
    for (const [what, fact] of cases)
      test(`${what}: ${path}`, () => assert.deepEqual(found(file(path, fact)), [`${what}: ${path}`]));
  }

  test("that differs in all ways has a line for each", () => {
    const all = file(conf, { sha256: present("").sha256, mode: "0600", uid: 1 });
    assert.deepEqual(found(all), [`edited: ${conf}`, `mode 0600: ${conf}`, `owner UID 1: ${conf}`]);
  });

  test("of an account belongs to it", () => {
    const path = "~/a";
    const wanted = desired({
      account: "test",
      files: [{ key: path, path, content: "a", mode: "0644" }],
      services: [],
    });
    const facts = { ...settled(wanted), uid: 1006 };
    assert.deepEqual(found(facts, wanted), ["owner UID 0: ~/a"]);
    assert.deepEqual(found(change(facts, path, { ...present("a"), uid: 1006 }), wanted), []);
  });
});

describe("a service", () => {
  const of = (fact: Parameters<typeof state>[2]) => found(state(host, "web.service", fact));

  test("that has failed, or is started again and again, does not run", () => {
    assert.deepEqual(of({ active: "failed" }), ["not running: web.service"]);
    assert.deepEqual(of({ active: "activating" }), []);
    assert.deepEqual(of({ active: "activating", restarting: true }), ["not running: web.service"]);
  });

  test("that need not run may run", () => {
    const idle = { ...web, services: [service("web.service", { active: false })] };
    assert.deepEqual(found(host, idle), []);
    assert.deepEqual(found(state(host, "web.service", { active: "inactive" }), idle), []);
  });

  for (const [path, mode] of [
    [conf, "0644"],
    [environment, "0600"],
  ] as const)
    test(`that runs with what was in ${path} before`, () => {
      assert.deepEqual(found(file(path, { mode, modified: 1001 })), ["runs with older files: web.service"]);
      assert.deepEqual(found(file(path, { mode, modified: 1000 })), []);
    });

  test("whose image was replaced under its name", () => {
    const replaced = { ...host, replacedImages: new Set(["web.service", "shop.service"]) };
    assert.deepEqual(found(replaced), ["runs a replaced image: web.service"]);
  });

  test("that was stopped has read nothing: only that", () => {
    const newer = file(conf, { modified: 1001 });
    assert.deepEqual(found(state(newer, "web.service", { active: "failed" })), ["not running: web.service"]);
  });

  test("that was enabled, or that systemd has to read again", () => {
    assert.deepEqual(of({ enabled: "enabled" }), ["enabled: web.service"]);
    assert.deepEqual(of({ needsReload: true }), ["systemd has read an older version: web.service"]);
  });
});

test("a socket that was disabled or masked", () => {
  for (const enabled of ["disabled", "masked"])
    assert.deepEqual(found(state(host, "web.socket", { enabled })), ["disabled: web.socket"]);
});

test("a drop-in that was not there at the last operation, once for all units", () => {
  const [old, added] = ["/etc/systemd/system/service.d/a.conf", "/etc/systemd/system/service.d/b.conf"];
  const dropIns = [old, added];
  const facts = state(state(host, "web.service", { dropIns }), "web.socket", { dropIns });
  assert.deepEqual(found(facts, web, [old]), [`new drop-in: ${added}`]);
  assert.deepEqual(found(facts, web, dropIns), []);
});

test("a file of an up whose end nobody was told: of the set's own mark only, which another stack may have taken over", () => {
  const more = "/etc/quadlet-fleet/web/more.conf";
  const marked = (owner: string) => ({
    ...host,
    set: { ...host.set, owner, paths: [...(host.set?.paths ?? []), more], unfinished: false },
  });
  assert.deepEqual(found(marked(web.owner)), [`left over: ${more}`]);
  const other = "urn:pulumi:staging::my-fleet::quadlet:index:SocketActivatedNginx$quadlet:index:UnitSet::www";
  assert.deepEqual(found(marked(other)), [
    'taken over by: "www" of the stack "staging" (project "my-fleet")',
  ]);
  // A stack that was renamed since.
  assert.deepEqual(found(marked(other), { ...web, formerOwners: [other] }), []);
});

test("a unit of the set that is no service and that systemd has to read again", () => {
  const fact = { ...host.units.get("web.service"), needsReload: true } as UnitFact;
  const units = new Map([...host.units, ["web-network.service", fact]]);
  assert.deepEqual(found({ ...host, units }), ["systemd has read an older version: web-network.service"]);
});

test("a unit of the set that something else starts now and then", () => {
  const job = "/etc/systemd/system/web-job.service";
  const wanted = desired({
    ...web,
    files: [
      ...web.files,
      { key: "web-job.service", path: job, content: "[Service]\n", mode: "0644", unit: "web-job.service" },
    ],
  });
  const of = (fact: Parameters<typeof state>[2]) =>
    found(state(settled(wanted), "web-job.service", fact), wanted);
  assert.deepEqual(of({ active: "inactive" }), []);
  assert.deepEqual(of({ active: "activating" }), []);
  assert.deepEqual(of({ active: "failed" }), ["failed: web-job.service"]);
  assert.deepEqual(of({ active: "activating", restarting: true }), ["failed: web-job.service"]);
});

test("an image that was replaced, of a service that need not run: the plan leaves it alone", () => {
  const lazy = { ...web, services: web.services.map((service) => ({ ...service, active: false })) };
  assert.deepEqual(found({ ...host, replacedImages: new Set(["web.service"]) }, lazy), []);
});

test("lingering that was taken away", () => {
  const lingering = { ...web, account: "test", linger: true };
  assert.deepEqual(found({ ...host, lingers: true }, lingering), []);
  assert.deepEqual(found(host, lingering), ["no lingering: test"]);
});

test("what serves comes first", () => {
  const both = state(file(conf, { type: "absent" }), "web.service", { active: "failed" });
  assert.deepEqual(found(both), ["not running: web.service", `gone: ${conf}`]);
});

test("docs/drift.md has the meaning of each word that was said above", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/drift.md"), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  const words = rows
    .flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)])
    .map(([, word]) => word);
  assert.deepEqual(words.sort(), [...said, "no account"].sort());
});
