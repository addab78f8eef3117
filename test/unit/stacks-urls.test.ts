import assert from "node:assert/strict";
import { test } from "node:test";
import { byHost } from "../../stacks/urls.ts";

test("the pages of each entry, below each of its hosts", () => {
  const entries: Parameters<typeof byHost>[0] = [
    { name: "a", hosts: { "web-1": ["http://192.0.2.11/"], "web-2": ["http://192.0.2.12/"] } },
    { name: "b", hosts: { "web-2": ["http://192.0.2.12:81/"], "web-3": [] } },
  ];
  assert.deepEqual(byHost(entries), {
    "web-1": { a: ["http://192.0.2.11/"] },
    "web-2": { a: ["http://192.0.2.12/"], b: ["http://192.0.2.12:81/"] },
    "web-3": { b: [] },
  });
});

test("without entries there are no hosts", () => assert.deepEqual(byHost([]), {}));
