import assert from "node:assert/strict";
import { test } from "node:test";
import { valuesOf } from "../../units/values.ts";

const text =
  "[Unit]\nService=none\n# Service=c\n[Socket]\nService=a\nService=\n[Install]\n[Socket]\nService=b\n";

test("the values of a key, of all sections of that name and no other", () => {
  assert.deepEqual(valuesOf(text, "web.socket", "Socket", "Service"), ["a", "", "b"]);
  assert.deepEqual(valuesOf(text, "web.socket", "Install", "Service"), []);
  assert.deepEqual(valuesOf("", "web.socket", "Socket", "Service"), []);
});

test("a text that is no unit: its name and line", () => {
  assert.throws(
    () => valuesOf("Service=a\n", "web.socket", "Socket", "Service"),
    /^UnitSyntaxError: web\.socket:1: /,
  );
});
