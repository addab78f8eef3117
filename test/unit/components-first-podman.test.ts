import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { awaitFirstPodman } from "../../components/site/first-podman.ts";
import { readScript } from "./units-readers.ts";

test("the line of a unit", () => {
  assert.equal(
    awaitFirstPodman("%t"),
    '/usr/bin/flock --close %t /bin/sh -c "kill -0 \\"$$(cat \\"$$0/libpod/tmp/pause.pid\\" 2>/dev/null)\\" 2>/dev/null || exec /usr/bin/podman ps --quiet >/dev/null" %t',
  );
});

describe("podman is run", () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "quadlet-fleet-podman-"));
    mkdirSync(join(directory, "libpod/tmp"), { recursive: true });
  });
  after(() => rmSync(directory, { recursive: true }));

  /** Runs the script with a podman that prints its name. */
  const said = () => {
    const firstPodman = readScript(`ExecStart=${awaitFirstPodman("%t")}`, "ExecStart=");
    const script = firstPodman.replace("exec /usr/bin/podman ps --quiet >/dev/null", "echo podman");
    assert.notEqual(script, firstPodman);
    return execFileSync("sh", ["-c", script, directory], { encoding: "utf8" }).trim();
  };
  const pause = (pid: string) => writeFileSync(join(directory, "libpod/tmp/pause.pid"), pid);

  test("where there is no namespace yet", () => assert.equal(said(), "podman"));
  test("not where its process runs", () => {
    pause(String(process.pid));
    assert.equal(said(), "");
  });
  test("where that has ended", () => {
    // Above the greatest possible process ID (proc_sys_kernel(5), pid_max).
    pause("4194305");
    assert.equal(said(), "podman");
  });
});
