import assert from "node:assert/strict";
import { test } from "node:test";
import { nameOf, typeOf } from "../../provider/urn.ts";

test("the type and the name of a resource, by its URN", () => {
  const urn = "urn:pulumi:dev::my-fleet::quadlet:index:ReverseProxyStack$quadlet:index:UnitSet::front";
  assert.equal(typeOf(urn), "quadlet:index:UnitSet");
  assert.equal(nameOf(urn), "front");
  assert.equal(nameOf(`${urn}::two`), "front::two");
  assert.equal(nameOf("front"), "front");
});
