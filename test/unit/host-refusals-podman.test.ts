import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Desired } from "../../host/desired.ts";
import type { Facts } from "../../host/facts/facts.ts";
import { plan } from "../../host/plan/plan.ts";
import { oldestPodman, tooNew } from "../../units/versions.ts";
import { container, desired, empty, settled, socket, unit } from "./host-plan-facts.ts";

// A host whose podman is too old or missing.

const distributions = "Debian 13, Ubuntu 25.10 and 26.04, RHEL and its rebuilds 9.6 and 10, Fedora";
const onlyOf = (file: string, text: string) =>
  desired({ files: [unit(file, text)], services: [], images: [] });

function refused(podman: Facts["podman"], wanted: Desired = desired()): string[] {
  return plan({ ...empty(), podman }, wanted, []).refusals;
}

describe("no podman", () => {
  const told = [`podman is not installed. Install it: 5.3 or newer. These have it: ${distributions}.`];
  test("for an image", () => assert.deepEqual(refused({ installed: false }), told));
  test("for a quadlet without one", () =>
    assert.deepEqual(refused({ installed: false }, onlyOf("web.network", "[Network]\n")), told));
});

describe("a podman that is too old", () => {
  // All of these are newer than 4.9.
  const keys =
    "AddHost CgroupsMode LogOpt Memory ReloadCmd ReloadSignal Retry RetryDelay StopSignal StopTimeout".split(
      " ",
    );
  const text = container + keys.map((key) => `${key}=1\n`).join("");
  const wanted = desired({
    files: desired().files.map((file) => (file.unit === "web.container" ? { ...file, content: text } : file)),
  });

  const unknown = { "4.9.3": 10, "5.2.5": 7, "4.3.1+ds1": 11 };
  for (const [version, count] of Object.entries(unknown))
    test(`${version}: one line, and not one for each of ${count} keys`, () => {
      assert.equal(tooNew("web.container", text, version).length, count);
      assert.deepEqual(refused({ installed: true, version }, wanted), [
        `podman ${version} is too old, 5.3 is needed. These have it: ${distributions}.`,
      ]);
    });

  test("from 5.3 on, a line for each key that is newer still", () => {
    assert.deepEqual(refused({ installed: true, version: "5.3.0" }), []);
    assert.deepEqual(
      refused({ installed: true, version: "5.3.0" }, wanted).map((line) => line.split(" ")[1]),
      ["Memory=", "ReloadCmd=", "ReloadSignal=", "Retry=", "RetryDelay="],
    );
  });

  test("does not matter to a set that needs none, or of which nothing is written", () => {
    assert.deepEqual(refused({ installed: true, version: "4.9.3" }, onlyOf("web.socket", socket)), []);
    const facts: Facts = { ...settled(wanted), podman: { installed: true } };
    assert.deepEqual(plan(facts, wanted, []).refusals, []);
  });
});

test("5.3 is one fact, and README.md has it with the same distributions", () => {
  const [newest] = tooNew("web.container", "[Quadlet]\nDefaultDependencies=false\n", "5.2");
  assert.equal(newest?.since, oldestPodman);
  const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8").replaceAll(/\s+/g, " ");
  assert.ok(readme.includes(`podman ${oldestPodman} or newer (${distributions})`));
});
