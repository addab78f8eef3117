import assert from "node:assert/strict";
import { test } from "node:test";
import { allKinds, isQuadlet, isTemplate, kindOf, quadletKinds, serves, stemOf } from "../../units/kinds.ts";

test("every kind is that of a file with its suffix, and of no other", () => {
  for (const kind of allKinds) {
    assert.equal(kindOf(`web.${kind}`), kind);
    assert.equal(stemOf(`web.x.${kind}`), "web.x");
    assert.equal(isQuadlet(`web.${kind}`), (quadletKinds as string[]).includes(kind));
    assert.equal(isTemplate(`web@.${kind}`), true);
  }
  for (const name of ["web", ".container", "", "web.toString", "web.conf", "web.container.d"]) {
    assert.equal(kindOf(name), undefined, name);
    assert.equal(stemOf(name), name);
  }
});

test("the kinds that podman's generator reads", () => {
  assert.deepEqual(quadletKinds, [
    "container",
    "kube",
    "network",
    "volume",
    "image",
    "build",
    "pod",
    "artifact",
  ]);
});

test("what serves: what runs something that stays, and sockets", () => {
  assert.deepEqual(
    allKinds.filter((kind) => serves(`web.${kind}`)),
    ["container", "kube", "pod", "service", "socket"],
  );
});

test("only a name that ends in @ is a template's", () => {
  for (const name of ["web@1.service", "web.service", "web@.conf", "@"])
    assert.equal(isTemplate(name), false, name);
});
