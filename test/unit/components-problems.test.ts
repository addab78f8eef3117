import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { ArgumentError, pathText } from "../../components/arguments/problems.ts";

test("an error lists each problem on a line of its own", () => {
  const error = new ArgumentError('SocketActivatedNginx "web"', [
    { path: "", message: "all wrong" },
    { path: "listen[0]", message: "is missing" },
  ]);
  assert.equal(error.message, 'SocketActivatedNginx "web":\n  all wrong\n  listen[0]: is missing');
  assert.ok(pulumi.RunError.isInstance(error), "it would be shown with a stack trace");
});

test("paths are as one would write them", () => {
  assert.equal(pathText(["sites", "a b", "listen", 0, "x"]), 'sites["a b"].listen[0].x');
  assert.equal(pathText(["nginx", "default.conf"]), 'nginx["default.conf"]');
});
