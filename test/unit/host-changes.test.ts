import assert from "node:assert/strict";
import { test } from "node:test";
import { changeOf, triggered } from "../../host/plan/changes.ts";
import { desired, service, unit } from "./host-plan-facts.ts";

test("the service that a socket starts: its own name's, or the last that is one", () => {
  const starts = (lines: string) =>
    triggered(desired({ files: [unit("web.socket", `[Socket]\n${lines}`)] }), service("web.socket"));
  assert.equal(starts("ListenStream=80\n"), "web.service");
  assert.equal(starts("Service=a.service\nService=b.service\n"), "b.service");
  // systemd ignores a value that is not a service, and an empty assignment.
  assert.equal(starts("Service=a.service\nService=\nService=b.target\n"), "a.service");
  assert.equal(triggered(desired({ files: [] }), service("web.socket")), undefined);
});

test("whether a change counts is judged as the reader of that file reads it", () => {
  const change = (name: string) => changeOf(unit(name, "[Service]\nA=a\\\nb\n"), "[Service]\nA=ab\n");
  assert.equal(change("web.container"), "cosmetic");
  assert.equal(change("web.service"), "effect");
  assert.equal(changeOf(unit("web.service", "[Service]\n"), "[Service]\n"), "same");
});
