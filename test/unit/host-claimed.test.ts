import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { rivals } from "../../host/plan/refusals.ts";
import { container, desired, service, unit } from "./host-plan-facts.ts";

// The first step checks again what other sets now have on the host: sets of one manager can be deployed at the same time.

let state: string;
const scripts = new URL("../../host/transaction/scripts/", import.meta.url).pathname;
const lines = (items: readonly string[]) => items.map((item) => `${item}\n`).join("");

function write(path: string, items: readonly string[]): void {
  mkdirSync(dirname(join(state, path)), { recursive: true });
  writeFileSync(join(state, path), lines(items));
}

/** The objection of the step; "" if the transaction may begin. */
function isFree(manager = "system", account = "-"): string {
  const text = `state=$1 own=$1/sets/web work=$1/work manager=$3 account=$4 set=web tab=$(printf '\\t')
shared=$state as_account=
if [ "$account" != - ] && [ "$manager" = system ]; then shared=$1/account as_account=env; fi
. "$2"; is_free`;
  try {
    return execFileSync("sh", ["-c", text, "sh", state, `${scripts}claims.sh`, manager, account], {
      encoding: "utf8",
    });
  } catch (failure) {
    return (failure as { stdout: string }).stdout;
  }
}

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "quadlet-fleet-claimed-"));
  const paths = ["/etc/containers/systemd/web.container", "/etc/systemd/system/web.socket"];
  write("work/manifest.begin", paths);
  write("work/manifest.commit", paths);
  write("work/units.begin", [`web.service\t${paths[0]}\tserves`, `web.socket\t${paths[1]}\tserves`]);
  write("work/rivals", ["web-handover.service", "web-rehearsal.service"]);
  write("sets/web/manifest", paths);
  write("sets/web/units", ["web.service\t-\tserves"]);
});
afterEach(() => rmSync(state, { recursive: true }));

test("alone, or beside sets with other files and units", () => {
  assert.equal(isFree(), "");
  write("sets/shop/manifest", [
    "/etc/containers/systemd/my-web.container",
    "/etc/systemd/system/web.socket.d/a.conf",
  ]);
  write("sets/shop/units", ["my-web.service\t/etc/containers/systemd/my-web.container\tserves"]);
  // A set in the former format has no table.
  write("sets/old/manifest", ["/etc/systemd/system/old.socket"]);
  assert.equal(isFree(), "");
});

test("a file that another set has come to have", () => {
  write("sets/shop/manifest", ["/etc/systemd/system/web.socket"]);
  assert.equal(
    isFree(),
    '/etc/systemd/system/web.socket belongs to the set "shop" on this host, since a moment ago. Remove it from that set first, with its own `pulumi up`.\n',
  );
});

test("a unit that another set makes of another file", () => {
  write("sets/shop/manifest", ["/etc/systemd/system/web.service"]);
  write("sets/shop/units", ["web.service\t/etc/systemd/system/web.service\tserves"]);
  assert.match(isFree(), /^web\.service belongs to the set "shop"/);
});

test("a unit whose name a restart needs for a moment", () => {
  write("sets/web-rehearsal/manifest", ["/etc/containers/systemd/web-rehearsal.container"]);
  write("sets/web-rehearsal/units", [
    "web-rehearsal.service\t/etc/containers/systemd/web-rehearsal.container\tserves",
  ]);
  assert.equal(
    isFree(),
    'web-rehearsal.service belongs to the set "web-rehearsal" on this host, since a moment ago. A restart there or here needs the same name for a moment. Rename one of the two.\n',
  );
  write("work/rivals", []);
  assert.equal(isFree(), "");
});

const ours = "~/.config/containers/systemd/app.container";
const elsewhere = "~/.config/containers/systemd/my-app.container";

/** A set of the host's manager that has a unit in the account's manager. */
function withAccountUnit(): void {
  write("work/manifest.begin", [ours]);
  write("work/manifest.commit", [ours]);
  write("work/units.begin", [`~app.service\t${ours}\tserves`]);
  write("work/rivals", ["~app-handover.service"]);
}

test("a file or a unit of the account's that a set of its own manager has", () => {
  withAccountUnit();
  write("account/sets/shop/manifest", [elsewhere]);
  write("account/sets/shop/units", [`my-app.service\t${elsewhere}\tserves`]);
  assert.equal(isFree("system", "test"), "");
  write("account/sets/shop/manifest", [elsewhere, ours]);
  assert.match(
    isFree("system", "test"),
    /^~\/\.config\/containers\/systemd\/app\.container belongs to the set "shop"/,
  );
  write("account/sets/shop/manifest", [elsewhere]);
  write("account/sets/shop/units", [`app.service\t${elsewhere}\tserves`]);
  assert.match(isFree("system", "test"), /^app\.service belongs to the set "shop"/);
  write("account/sets/shop/units", [`app-handover.service\t${elsewhere}\tserves`]);
  assert.match(isFree("system", "test"), /^app-handover\.service belongs to the set "shop" .* A restart/);
});

test("the same of a set of the host's for that account; of another account it is another file", () => {
  withAccountUnit();
  write("sets/shop/manifest", [ours]);
  write("sets/shop/units", [`~app.service\t${ours}\tserves`]);
  write("sets/shop/account", ["other"]);
  assert.equal(isFree("system", "test"), "");
  write("sets/shop/account", ["test"]);
  assert.match(isFree("system", "test"), /^~\/\S*app\.container belongs to the set "shop"/);
});

test("the account's own manager sees the units that sets of the host's have there", () => {
  write("work/manifest.begin", [ours]);
  write("work/manifest.commit", [ours]);
  write("work/units.begin", [`app.service\t${ours}\tserves`]);
  const table = (unit: string, path: string) => [
    "docker.io/library/httpd:latest",
    `${unit}\t${path}\tserves`,
  ];
  write("system/shop", table("my-app.service", elsewhere));
  assert.equal(isFree("user", "test"), "");
  write("system/shop", table("app.service", elsewhere));
  assert.match(isFree("user", "test"), /^app\.service belongs to the set "shop"/);
  write("system/shop", table("my-app.service", ours));
  assert.match(isFree("user", "test"), /^~\/\S*app\.container belongs to the set "shop"/);
});

test("a set that moves from one manager to the other is not in its own way", () => {
  withAccountUnit();
  write("account/sets/web/manifest", [ours]);
  write("account/sets/web/units", [`app.service\t${ours}\tserves`]);
  assert.equal(isFree("system", "test"), "");
  write("system/web", [`app.service\t${ours}\tserves`]);
  assert.equal(isFree("user", "test"), "");
});

test("the plan says which names these are, whichever of the two comes second", () => {
  const handover = service("web.service", { handover: true });
  assert.deepEqual(rivals(desired({ services: [handover] })), [
    "web-handover.service",
    "web-rehearsal.service",
  ]);
  const other = [unit("web-rehearsal.container", container)];
  assert.deepEqual(rivals(desired({ name: "web-rehearsal", files: other, services: [] })), ["web.service"]);
});

test("what shall be gone may be anybody's", () => {
  write("sets/shop/manifest", ["/etc/systemd/system/web.socket"]);
  write("work/manifest.commit", []);
  assert.equal(isFree(), "");
});
