import assert from "node:assert/strict";
import { test } from "node:test";
import { assignmentsOf, valueOf, valuesOf } from "../../units/values.ts";

const text =
  "[Unit]\nService=none\n# Service=c\n[Socket]\nService=a\nBacklog=1\n[Install]\n[Socket]\nService=b\n";

test("the values of a key, of all sections of that name and no other", () => {
  assert.deepEqual(valuesOf(text, "web.socket", "Socket", "Service"), ["a", "b"]);
  assert.equal(valueOf(text, "web.socket", "Socket", "Service"), "b");
  assert.deepEqual(valuesOf(text, "web.socket", "Install", "Service"), []);
  assert.equal(valueOf(text, "web.socket", "Install", "Service"), undefined);
  assert.deepEqual(valuesOf("", "web.socket", "Socket", "Service"), []);
  assert.deepEqual(assignmentsOf(text, "web.socket", "Socket"), [
    { key: "Service", value: "a" },
    { key: "Backlog", value: "1" },
    { key: "Service", value: "b" },
  ]);
});

test("an empty assignment takes back those before it, in another section of that name as well", () => {
  const of = (...values: string[]) =>
    `[Container]\n${values.map((value) => `Network=${value}\n`).join("[Container]\n")}`;
  assert.deepEqual(valuesOf(of("host", "", "web.network"), "a.container", "Container", "Network"), [
    "web.network",
  ]);
  assert.deepEqual(valuesOf(of("host", ""), "a.container", "Container", "Network"), []);
  assert.equal(valueOf(of("host", ""), "a.container", "Container", "Network"), undefined);
});

test("podman takes quotes around a name away, systemd does not", () => {
  const of = (value: string) => `[Container]\nServiceName=${value}\n`;
  const name = (value: string, file: string) => valueOf(of(value), file, "Container", "ServiceName");
  for (const [value, podman] of [
    ["front", "front"],
    ['"front"', "front"],
    ['"front', "front"],
    ["'front'", "'front'"],
    ['"my "front" end"', 'my "front" end'],
    ['""', undefined],
  ] as const) {
    assert.equal(name(value, "web.container"), podman, value);
    assert.equal(name(value, "web.service"), value);
  }
});

test("of a text that can't be read nothing is known", () => {
  for (const broken of ["Service=a\n", "[Socket]\nService=a\nnonsense\n"]) {
    assert.deepEqual(valuesOf(broken, "web.socket", "Socket", "Service"), []);
    assert.equal(valueOf(broken, "web.socket", "Socket", "Service"), undefined);
  }
});
