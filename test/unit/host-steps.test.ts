import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Step, stepFields, stepSays, verbs } from "../../host/plan/step.ts";
import { transactionScript } from "../../host/transaction/script.ts";

test("the script has a function for each step, and no other", () => {
  const functions = [...transactionScript.toString("utf8").matchAll(/^step_(\w+)\(\) /gm)].map(
    ([, verb]) => verb,
  );
  assert.deepEqual([...functions].sort(), [...verbs].sort());
});

test("a rollback reads each kind of line that the script writes into the journal", () => {
  const script = transactionScript.toString("utf8");
  const written = [...script.matchAll(/\bnote ([a-z]+) /g)].map(([, kind = ""]) => kind);
  const journal = readFileSync(
    join(import.meta.dirname, "../../host/transaction/scripts/journal.sh"),
    "utf8",
  );
  const rollback = journal.slice(journal.indexOf("\nrestore_files() {"));
  const read = [...rollback.matchAll(/\bjournalled ([a-z]+)|"\$kind" = ([a-z]+)|^ +([a-z |]+)\) /gm)].flatMap(
    ([, ...kinds]) => kinds.flatMap((kind) => kind?.split(" | ") ?? []),
  );
  assert.ok(written.length > 5);
  assert.deepEqual(
    written.filter((kind) => !read.includes(kind)),
    [],
  );
});

test("a step's line of the plan, and what it says", () => {
  const cases: [Step, string[], string][] = [
    [{ verb: "begin" }, ["begin"], "starting"],
    [
      { verb: "pull", policy: "missing", image: "registry.example/nginx:1", withLogin: false },
      ["pull", "missing", "registry.example/nginx:1", "-"],
      "pulling registry.example/nginx:1",
    ],
    [
      { verb: "restart", units: ["web.socket", "web.service"] },
      ["restart", "web.socket web.service"],
      "restarting web.socket, web.service",
    ],
    [{ verb: "start", unit: "web.service" }, ["start", "web.service"], "starting web.service"],
    [
      {
        verb: "rehearse",
        service: "web.service",
        unit: "web-rehearsal.service",
        container: "systemd-web-rehearsal",
        probes: [0, 2],
        checks: [1],
      },
      ["rehearse", "web-rehearsal.service", "systemd-web-rehearsal", "0 2/1"],
      "rehearsing web.service",
    ],
    [
      { verb: "ask", probe: 0, says: "0.0.0.0:80/health", unit: "web.service" },
      ["ask", "0", "web.service"],
      "asking 0.0.0.0:80/health",
    ],
  ];
  for (const [step, fields, says] of cases) {
    assert.deepEqual(stepFields(step), fields);
    assert.equal(stepSays(step), says);
  }
});
