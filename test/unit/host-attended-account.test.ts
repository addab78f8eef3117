import assert from "node:assert/strict";
import { test } from "node:test";
import { execErrand } from "../../host/attended/exec.ts";
import { sourcesOf } from "../../host/attended/sources.ts";
import { desired, service, unit } from "./host-plan-facts.ts";

// Logs and containers of a set of the host's manager that also has units in the account's manager.

const logged = "[Container]\nImage=x\n[Service]\nLogsDirectory=quadlet-fleet/app\n";
const both = desired({
  account: "test",
  files: [{ ...unit("app.container", logged), unit: "~app.container" }, unit("web.service", "")],
  services: [service("~app.service", { handover: true })],
});
const keeper = { account: "test", manager: "user" };

test("the lines of each manager's units are in its own part of the journal, and an access log in the account's home", () => {
  assert.deepEqual(sourcesOf(both), [
    { kind: "journal", ...keeper, units: ["app.service", "app-handover.service", "app-rehearsal.service"] },
    { kind: "journal", account: "test", manager: "system", units: ["web.service"] },
    {
      ...{ kind: "access log", ...keeper, unit: "app.service" },
      files: [
        "~/.local/state/log/quadlet-fleet/app/access.log",
        "~/.config/log/quadlet-fleet/app/access.log",
      ],
    },
  ]);
  assert.deepEqual(
    sourcesOf(both, "web.service").map(({ manager }) => manager),
    ["system"],
  );
});

test("a command is run by the podman that has the unit's container", () => {
  const of = (name: string) => {
    const { as, account, argv } = execErrand(both, name, ["true"]);
    return [as, account, ...argv.slice(0, 3)];
  };
  assert.deepEqual(of("app.service"), ["either", "test", "user", "test", "app.service"]);
  assert.deepEqual(of("web.service"), ["root", "test", "system", "test", "web.service"]);
});
