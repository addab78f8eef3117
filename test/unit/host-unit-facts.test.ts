import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readFacts } from "../../host/facts/facts.ts";
import { askedAs, readUnits } from "../../host/facts/unit-facts.ts";

// What systemd reports about units.

const shown = `LoadState=loaded
ActiveState=active
UnitFileState=enabled
NeedDaemonReload=yes
FragmentPath=/etc/systemd/system/web.socket
SourcePath=
DropInPaths=/etc/systemd/system/web.socket.d/a.conf /run/systemd/system/web.socket.d/b.conf
StateChangeTimestamp=@1764000000

LoadState=not-found
ActiveState=inactive
UnitFileState=
NeedDaemonReload=no
DropInPaths=
StateChangeTimestamp=
`;

test("each in its order", () => {
  assert.deepEqual(
    [...readUnits(shown, ["web.socket", "web.service"])],
    [
      [
        "web.socket",
        {
          load: "loaded",
          active: "active",
          restarting: false,
          enabled: "enabled",
          needsReload: true,
          dropIns: ["/etc/systemd/system/web.socket.d/a.conf", "/run/systemd/system/web.socket.d/b.conf"],
          changed: 1764000000,
          file: "/etc/systemd/system/web.socket",
        },
      ],
      [
        "web.service",
        {
          load: "not-found",
          active: "inactive",
          restarting: false,
          enabled: "",
          needsReload: false,
          dropIns: [],
          changed: 0,
        },
      ],
    ],
  );
});

describe("the file that a unit is loaded from", () => {
  const source = "SourcePath=/etc/containers/systemd/web.container";
  const cases: [string, string, string | undefined][] = [
    ["/run/systemd/generator/web.service", source, "/etc/containers/systemd/web.container"],
    ["/run/user/1000/systemd/generator/web.service", source, "/etc/containers/systemd/web.container"],
    ["/run/systemd/generator.late/web.service", "SourcePath=/etc/init.d/web", "/etc/init.d/web"],
    ["/run/systemd/generator.early/web.service", "SourcePath=", "/run/systemd/generator.early/web.service"],
    ["/usr/lib/systemd/system/web.service", "SourcePath=", "/usr/lib/systemd/system/web.service"],
    // `systemctl edit --full` copies the unit that a generator has made, with its SourcePath=.
    ["/etc/systemd/system/web.service", source, "/etc/systemd/system/web.service"],
    ["/run/systemd/generators/web.service", source, "/run/systemd/generators/web.service"],
    ["", "SourcePath=", undefined],
  ];
  for (const [fragment, line, file] of cases)
    test(`${fragment || "none"}, ${line}: ${file ?? "none"}`, () => {
      const shown = `LoadState=loaded\nFragmentPath=${fragment}\n${line}\n`;
      assert.equal(readUnits(shown, ["web.service"]).get("web.service")?.file, file);
    });
});

describe("systemd starts again by itself", () => {
  const cases: [string, boolean][] = [
    ["ActiveState=activating\nSubState=auto-restart\nNRestarts=0", true],
    ["ActiveState=activating\nSubState=auto-restart-queued\nNRestarts=0", true],
    ["ActiveState=activating\nSubState=start-pre\nNRestarts=7", true],
    ["ActiveState=activating\nSubState=start-pre\nNRestarts=0", false],
    ["ActiveState=activating\nSubState=start-post", false],
    ["ActiveState=active\nSubState=running\nNRestarts=7", false],
    ["ActiveState=failed\nSubState=failed\nNRestarts=7", false],
  ];
  for (const [text, expected] of cases)
    test(`${text.replaceAll("\n", ", ")}: ${expected}`, () => {
      assert.equal(readUnits(`${text}\n`, ["web.service"]).get("web.service")?.restarting, expected);
    });
});

test("one that systemd did not answer for is not loaded", () => {
  assert.equal(readUnits("", ["web.socket"]).get("web.socket")?.load, "");
});

test("as an answer of the host", () => {
  const answer = { event: "units", shown: Buffer.from(shown).toString("base64") };
  const { units } = readFacts({ files: new Map(), units: ["web.socket"] }, [answer]);
  assert.deepEqual(units, readUnits(shown, ["web.socket"]));
});

test("a template is asked about by one of its instances, all else by its name", () => {
  assert.equal(askedAs("job@.service"), "job@quadlet-fleet.service");
  for (const unit of ["job@1.service", "job.service", "a@b@.c.socket"]) assert.equal(askedAs(unit), unit);
});
