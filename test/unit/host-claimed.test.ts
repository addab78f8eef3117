import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { rivals } from "../../host/plan/refusals.ts";
import { container, desired, service, unit } from "./host-plan-facts.ts";

// The first step looks once more at what other sets have on the host by now: sets of one manager are deployed at the same time.

let state: string;
const scripts = new URL("../../host/transaction/scripts/", import.meta.url).pathname;
const lines = (items: readonly string[]) => items.map((item) => `${item}\n`).join("");

function write(path: string, items: readonly string[]): void {
  mkdirSync(dirname(join(state, path)), { recursive: true });
  writeFileSync(join(state, path), lines(items));
}

/** What the step says against it, nothing where it may begin. */
function isFree(): string {
  const text = `state=$1 own=$1/sets/web work=$1/work; . "$2"; is_free`;
  try {
    return execFileSync("sh", ["-c", text, "sh", state, `${scripts}steps.sh`], { encoding: "utf8" });
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
  // A set of the format before has no table.
  write("sets/old/manifest", ["/etc/systemd/system/old.socket"]);
  assert.equal(isFree(), "");
});

test("a file that another set has come to have", () => {
  write("sets/shop/manifest", ["/etc/systemd/system/web.socket"]);
  assert.equal(
    isFree(),
    '/etc/systemd/system/web.socket belongs to the set "shop" on this host, since a moment ago. Take it out there first, in an up of its own.\n',
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
    'web-rehearsal.service belongs to the set "web-rehearsal" on this host, since a moment ago. A restart there or here needs the same name for a moment. Choose another name for one of the two.\n',
  );
  write("work/rivals", []);
  assert.equal(isFree(), "");
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
