import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Wire } from "../../provider/wire.ts";
import {
  fromStruct,
  hasUnknown,
  isSecret,
  isSecretAt,
  reveal,
  revealObject,
  secret,
  toStruct,
  unknown,
  wireUnknown,
} from "../../provider/wire.ts";

describe("secrets and unknown values", () => {
  // The literal is that of the protocol (pulumi/pulumi: sdk/go/common/resource/plugin/rpc.go).
  const wrapped = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    value: "s",
  };

  test("a secret is the object that the engine knows", () => {
    assert.deepEqual(secret("s"), wrapped);
    assert.equal(reveal(wrapped), "s");
  });

  test("a secret is wrapped once", () => {
    assert.deepEqual(secret(secret("s")), wrapped);
  });

  test("an object with another signature is no secret", () => {
    const asset = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", text: "s" };
    assert.equal(isSecret(asset), false);
    assert.deepEqual(reveal(asset), asset);
  });

  test("the engine's unknown string is unknown, alone and within a secret", () => {
    assert.equal(reveal("04da6b54-80e4-46f7-96ec-b56ff0331ba9"), unknown);
    assert.equal(reveal(secret(wireUnknown)), unknown);
  });

  test("what is missing is null", () => {
    assert.equal(reveal(undefined), null);
  });

  test("wrappers come off at every depth", () => {
    assert.deepEqual(
      revealObject({ a: secret({ b: [secret("x"), wireUnknown, { c: secret(null) }] }), d: 1 }),
      {
        a: { b: ["x", unknown, { c: null }] },
        d: 1,
      },
    );
  });

  const depths: [string, Wire, boolean][] = [
    ["in a list in an object", { a: ["b", wireUnknown] }, true],
    ["in a secret", { a: secret({ b: wireUnknown }) }, true],
    ["nowhere", { a: ["b", secret("c"), null] }, false],
  ];
  for (const [where, value, expected] of depths) {
    test(`hasUnknown: ${where}`, () => assert.equal(hasUnknown(reveal(value)), expected));
  }

  test("a struct of the engine comes back as it went", () => {
    const value = { a: secret("s"), b: [1, true, null, wireUnknown], c: {} };
    assert.deepEqual(fromStruct(toStruct(value)), value);
    assert.deepEqual(fromStruct(undefined), {});
  });
});

describe("isSecretAt", () => {
  const value = { files: { "/a": { content: secret("s"), mode: "0600" }, "/b": secret({ content: "s" }) } };
  const cases: [string[], boolean][] = [
    [["files", "/a", "content"], true],
    [["files", "/a", "mode"], false],
    [["files", "/b", "content"], true],
    [["files", "/b"], true],
    [["files", "/a"], false],
    [["files", "/none", "content"], false],
    [["files", "/a", "mode", "deeper"], false],
  ];
  for (const [path, expected] of cases)
    test(path.join(" › "), () => assert.equal(isSecretAt(value, path), expected));
});

describe("for any value", () => {
  /** A value, and the same value with some of its parts wrapped, some of them more than once. */
  const leaf = fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), fc.string());
  const { tree } = fc.letrec<{ tree: { plain: Wire; wire: Wire } }>((tie) => {
    const inner = fc.oneof(
      { depthSize: "small" },
      leaf.map((plain): { plain: Wire; wire: Wire } => ({ plain, wire: plain })),
      fc.array(tie("tree"), { maxLength: 3 }).map((parts) => ({
        plain: parts.map(({ plain }) => plain),
        wire: parts.map(({ wire }) => wire),
      })),
      fc.dictionary(fc.string(), tie("tree"), { maxKeys: 3, noNullPrototype: true }).map((parts) => ({
        plain: Object.fromEntries(Object.entries(parts).map(([key, { plain }]) => [key, plain])),
        wire: Object.fromEntries(Object.entries(parts).map(([key, { wire }]) => [key, wire])),
      })),
    );
    return {
      tree: fc.tuple(inner, fc.nat(2)).map(([{ plain, wire }, wrappers]) => {
        // Not secret(), which would wrap only once.
        const signature = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
        const wrap = (value: Wire): Wire => ({ ...signature, value });
        return { plain, wire: wrappers === 0 ? wire : wrappers === 1 ? wrap(wire) : wrap(wrap(wire)) };
      }),
    };
  });

  test("reveal takes all nested wrappers off", () => {
    fc.assert(fc.property(tree, ({ plain, wire }) => assert.deepEqual(reveal(wire), plain)));
  });
});
