import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { scriptOf } from "../../host/attended/attend.ts";

// The script that runs a command in a container, with a podman that the account controls: host/attended/scripts/exec.sh.

const directory = mkdtempSync(join(tmpdir(), "exec-script-"));
after(() => rmSync(directory, { recursive: true }));

const id = "c0ffee".repeat(10);

for (const [what, ps, says] of [
  ["no container", "", "no-container"],
  ["two containers", `echo ${id}; echo ${id}`, "many-containers"],
  ["an option in place of a container", "echo --privileged", "many-containers"],
  ["an error", "exit 125", "no-podman"],
  ["a container and an error", `echo ${id}; exit 125`, "no-podman"],
  ["an answer without an end", "exec yes", "many-containers"],
] as const)
  test(`podman reports ${what}`, async () => {
    writeFileSync(join(directory, "podman"), `#!/bin/sh\n${ps}\n`, { mode: 0o755 });
    const argv = ["system", "-", "web.service", "mark", "true"];
    const env = { ...process.env, PATH: `${directory}:${process.env.PATH}` };
    // Enough memory for the script, and not for an endless answer.
    const limited = `ulimit -v 100000; ${scriptOf("exec")}`;
    const child = spawn("sh", ["-c", limited, "quadlet-fleet", ...argv], { env });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(child, "close")) as [number];
    assert.deepEqual([code, said], [77, `{"event":"refused","reason":"${says}"}\n`]);
  });
