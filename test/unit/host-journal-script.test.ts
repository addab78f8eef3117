import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { scriptOf } from "../../host/attended/attend.ts";

// The script that reads the journal: host/attended/scripts/journal.sh.

const directory = mkdtempSync(join(tmpdir(), "journal-script-"));
after(() => rmSync(directory, { recursive: true }));

test("journalctl fails before it takes the memory of the host", () => {
  const journalctl = "#!/bin/sh\nhead -c 400000000 /dev/zero | tail -n 1 | wc -c\n";
  writeFileSync(join(directory, "journalctl"), journalctl, { mode: 0o755 });
  const env = { ...process.env, PATH: `${directory}:${process.env.PATH}` };
  const { stdout, stderr } = spawnSync("sh", ["-c", scriptOf("journal"), "quadlet-fleet", "no"], {
    env,
    encoding: "utf8",
  });
  assert.equal(stdout, '{"event":"running"}\n0\n');
  assert.match(stderr, /memory exhausted/);
});
