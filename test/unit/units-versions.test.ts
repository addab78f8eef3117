import assert from "node:assert/strict";
import { test } from "node:test";
import { factsOf, quadletKinds } from "../../units/kinds.ts";
import { podmanKeys } from "../../units/podman-keys.ts";
import { containerKeys } from "../../units/sections/container.ts";
import { networkKeys } from "../../units/sections/network.ts";
import { quadletKeys } from "../../units/sections/quadlet.ts";
import { compareVersions, misjoinedLine, tooNew } from "../../units/versions.ts";

for (const [section, keys] of Object.entries({
  Container: containerKeys,
  Network: networkKeys,
  Quadlet: quadletKeys,
})) {
  test(`podman knows each key of [${section}] that is written`, () => {
    const known = Object.values(podmanKeys).flatMap(
      (sections) => sections[section as "Container"]?.trim().split(/\s+/) ?? [],
    );
    const written = Object.keys(keys).map((field) => field.charAt(0).toUpperCase() + field.slice(1));
    assert.deepEqual(
      written.filter((key) => !known.includes(key)),
      [],
    );
  });
}

test("the versions of podman that know the keys of each kind of quadlet", () => {
  const known = new Set(Object.values(podmanKeys).flatMap((sections) => Object.keys(sections)));
  const sections = quadletKinds.map((kind) => factsOf(kind).section ?? "");
  assert.deepEqual([...known].sort(), [...sections, "Quadlet"].sort());
});

/** The podman version that introduced a key, as it is reported for a podman that is older than all of them. */
function sinceOf(section: string, key: string): string | undefined {
  return tooNew("web.container", `[${section}]\n${key}=x\n`, "4.3")[0]?.since;
}

// From podman's release notes (RELEASE_NOTES.md), a source that is independent of the table.
for (const [section, key, since] of [
  ["Container", "Image", "4.4"],
  ["Container", "HealthCmd", "4.5"],
  ["Container", "AutoUpdate", "4.6"],
  ["Container", "PidsLimit", "4.7"],
  ["Container", "StopTimeout", "5.0"],
  ["Container", "GroupAdd", "5.1"],
  ["Container", "StopSignal", "5.2"],
  ["Quadlet", "DefaultDependencies", "5.3"],
  ["Container", "ReloadSignal", "5.5"],
  ["Container", "ReloadCmd", "5.5"],
  ["Container", "Memory", "5.5"],
  ["Image", "Retry", "5.5"],
  ["Container", "HttpProxy", "5.7"],
  ["Container", "AppArmor", "5.8"],
  ["Volume", "UID", "6.0"],
  ["Container", "ImageVolume", "6.1"],
  ["Container", "Umask", "6.2"],
] as const) {
  test(`[${section}] ${key}= is there since podman ${since}`, () =>
    assert.equal(sinceOf(section, key), since));
}

test("a key that no podman knows has no version", () => {
  assert.equal(sinceOf("Container", "Netwrok"), undefined);
  assert.equal(sinceOf("Service", "Image"), undefined);
});

const quadlet = `[Unit]
ReloadSignal=in another section
[Container]
Image=x
ReloadSignal=SIGHUP
StopSignal=SIGQUIT
ReloadSignal=
Netwrok=none
# AppArmor=unconfined
[Quadlet]
DefaultDependencies=false
`;

test("what Debian 13's podman does not know", () => {
  const host = "5.4.2";
  assert.deepEqual(tooNew("web.container", quadlet, host), [
    { section: "Container", key: "ReloadSignal", since: "5.5", host },
  ]);
});

test("what the first podman with quadlets does not know, in the order of the file", () => {
  const keys = tooNew("web.container", quadlet, "4.4.0").map(({ key, since }) => `${key} ${since}`);
  assert.deepEqual(keys, ["ReloadSignal 5.5", "StopSignal 5.2", "DefaultDependencies 5.3"]);
});

test("nothing where podman is new enough, or the file is no quadlet", () => {
  assert.deepEqual(tooNew("web.container", quadlet, "5.5.0-rc1"), []);
  assert.deepEqual(tooNew("web.service", quadlet, "4.4.0"), []);
  assert.deepEqual(tooNew("web.container", "", "4.4.0"), []);
});

test("the line at which podman before 5.4 joins lines in another way", () => {
  const line = (text: string, file = "web.container") => misjoinedLine(file, `[Container]\n${text}`);
  for (const [text, expected] of [
    ["Exec=a \\\n\n  b", 3],
    ["Exec=a \\\n \t\n", 3],
    ["Exec=a \\\n  b \\\n# c\n  d", 4],
    ["Image=x\n; Exec=a \\\n\n", 3],
    ["Exec=a \\\n  b\n\n# c \\\n\n; d", undefined],
    ["", undefined],
  ] as const)
    assert.equal(line(text), expected, text);
  assert.equal(line("Exec=a \\\n# c\n  b", "web.service"), undefined);
});

test("versions are compared as numbers", () => {
  const sorted = ["4.9.3", "5", "5.4", "5.4.2", "5.10.0", "6.0.0-dev"];
  assert.deepEqual([...sorted].reverse().sort(compareVersions), sorted);
  for (const [a, b] of [
    ["5", "5.0.0"],
    ["v5.4.2", "5.4.2+ds1-2"],
    ["5.5.0-rc1", "5.5"],
  ] as const) {
    assert.equal(compareVersions(a, b), 0);
  }
  assert.equal(compareVersions("5.10.0", "5.9"), 1);
  assert.equal(compareVersions("5.9", "5.10.0"), -1);
  assert.throws(() => compareVersions("latest", "5"), RangeError);
});
