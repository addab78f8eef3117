import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

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

test("what shall be gone may be anybody's", () => {
  write("sets/shop/manifest", ["/etc/systemd/system/web.socket"]);
  write("work/manifest.commit", []);
  assert.equal(isFree(), "");
});
