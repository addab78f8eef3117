import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";

// The parts of the transaction's script that answer a query, on this machine.

const scripts = join(import.meta.dirname, "../../host/scripts/transaction");

/** The JSON lines that a function of query.sh prints for a query; it has to end. */
function answers(name: string, query: string, fakes = ""): unknown[] {
  const work = mkdtempSync(join(tmpdir(), "quadlet-fleet-query-"));
  try {
    writeFileSync(join(work, "query"), query);
    const script = `set -u; . "$1/paths.sh"; . "$1/query.sh"; work=$2 state=/var/lib home=/root tab=$(printf '\\t') as_account=
${fakes}
"$3"`;
    const { stdout, signal, stderr } = spawnSync("sh", ["-c", script, "sh", scripts, work, name], {
      encoding: "utf8",
      timeout: 5000,
    });
    assert.equal(signal, null, `${name} does not end`);
    assert.equal(stderr, "");
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("a directory right below the root that is not there yet", () => {
  test("has the free space of the root", () => {
    const found = answers("query_space", "file\tany\t/not-there/default.conf\n");
    assert.deepEqual(
      found.map((line) => (line as { directory: string }).directory),
      ["/not-there", "/var/lib"].map(base64),
    );
  });

  const labels = "getenforce() { echo Enforcing; }\nstat() { echo label; }";
  test("has the SELinux label of the root", () => {
    assert.deepEqual(answers("query_labels", "label\t/not-there\n", labels), [
      { event: "label", line: 0, label: base64("label\n") },
    ]);
  });
});

test("podman's helpers are looked for where the host's containers.conf says, too", () => {
  const directory = mkdtempSync(join(tmpdir(), "quadlet-fleet-helpers-"));
  try {
    writeFileSync(join(directory, "slirp4netns"), "", { mode: 0o755 });
    const found = (configuration: string) => {
      const fakes = `cat() { printf '%s\\n' '${configuration}'; }\nsystemctl() { echo "systemd 257 (257)"; }\nPATH=/usr/bin:/bin`;
      const [answer] = answers("query_tools", "", fakes) as { systemd: string; found: string }[];
      assert.equal(answer?.systemd, "257");
      return Buffer.from(answer.found, "base64").toString().split("\n").includes("slirp4netns");
    };
    assert.equal(found(`[engine]\nhelper_binaries_dir = [\n  "/nowhere", # "x"\n  "${directory}",\n]`), true);
    assert.equal(found(`[engine]\nhelper_binaries_dir = ["/nowhere"]\nruntime = "${directory}"`), false);
    assert.equal(found(`[engine]\n#helper_binaries_dir = ["${directory}"]`), false);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
