import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

// Which units a rollback asks about, from the records of this version and from those of earlier versions.

const own = mkdtempSync(join(tmpdir(), "quadlet-fleet-journal-"));
mkdirSync(join(own, "before"));
after(() => rmSync(own, { recursive: true }));

const script = new URL("../../host/transaction/scripts/journal-units.sh", import.meta.url).pathname;

function run(name: string): string[] {
  const text = `tab=$(printf '\\t') own=$1 work=$1; . "$2"; ${name}`;
  return execFileSync("sh", ["-c", text, "sh", own, script], { encoding: "utf8" })
    .split("\n")
    .filter(Boolean);
}

const manifest = [
  "/etc/containers/systemd/web.container",
  "/etc/systemd/system/web.socket",
  "/etc/systemd/system/web-usernamespace.service",
  "/etc/containers/systemd/web.network",
  "/etc/quadlet-fleet/web/conf.d/a.container",
];

test("a set of the format before: what each file makes follows from its name", () => {
  writeFileSync(join(own, "before", "manifest"), manifest.map((path) => `${path}\n`).join(""));
  assert.deepEqual(run("units_before"), ["web.service", "web.socket", "web-usernamespace.service"]);
});

test("a set of now: its table says it", () => {
  const table = [
    "front.service\t/etc/containers/systemd/web.container\tserves",
    "web-network.service\t/etc/containers/systemd/web.network\t-",
    "web.socket\t/etc/systemd/system/web.socket\tserves",
  ];
  writeFileSync(join(own, "before", "units"), table.map((line) => `${line}\n`).join(""));
  assert.deepEqual(run("units_before"), ["front.service", "web.socket"]);
});

test("what was lent: by its name in the journal, or that of its file in the format before", () => {
  const journal = [
    "lent\tfront-handover.service\t%t/containers/systemd/front-handover.container",
    "active\t-\tfront.service",
    "lent\t-\t%t/containers/systemd/old-handover.container",
    "lent\t-\t%t/systemd/system/old-rehearsal.service",
  ];
  writeFileSync(join(own, "undo"), journal.map((line) => `${line}\n`).join(""));
  assert.deepEqual(run("lent_units"), [
    "front-handover.service",
    "old-handover.service",
    "old-rehearsal.service",
  ]);
});
