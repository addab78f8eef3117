import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";

// Renamed files are on the disk before a commit, even if another set removes an empty directory at the same moment.

const scripts = join(import.meta.dirname, "../../host/transaction/scripts");
const root = mkdtempSync(join(tmpdir(), "quadlet-fleet-sync-"));
after(() => rmSync(root, { recursive: true }));

/** @param sync a replacement for sync(1) */
function run(commands: string, sync = "") {
  const work = mkdtempSync(join(root, "host-"));
  mkdirSync(join(work, "a/b"), { recursive: true });
  const script = `set -u; . "$1/paths.sh"; . "$1/steps.sh"; work=$2 units=$2/units as=
sync() { printf '%s\\n' "$*" >>"$work/synced"; ${sync} command sync "$@"; }
${commands}`;
  const { status, stdout, stderr } = spawnSync("sh", ["-c", script, "sh", scripts, work], {
    encoding: "utf8",
  });
  assert.equal(stderr, "");
  const synced = readFileSync(join(work, "synced"), "utf8").replaceAll(work, "").split("\n").slice(0, -1);
  return { status, stdout, synced };
}

describe("a directory is synced", () => {
  test("itself", () =>
    assert.deepEqual(run('sync_directory "$work/a/b"'), { status: 0, stdout: "", synced: ["/a/b"] }));

  test("or, where it is gone, what it was in", () =>
    assert.deepEqual(run('rm -r "$work/a"; sync_directory "$work/a/b"').synced, ["/a/b", "/a", ""]));

  test("also where it goes at that moment", () => {
    const { status, synced } = run('sync_directory "$work/a/b"', 'rmdir "$work/a/b" 2>/dev/null;');
    assert.deepEqual([status, synced], [0, ["/a/b", "/a"]]);
  });

  test("and is a failure where it is there and can't be", () => {
    const { status, stdout } = run('sync_directory "$work/a/b"', "echo no >&2; return 1;");
    assert.deepEqual([status, stdout], [1, "no\n"]);
  });
});
