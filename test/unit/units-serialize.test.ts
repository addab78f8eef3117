import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { UnitFile } from "../../units/model.ts";
import { parse } from "../../units/parse.ts";
import { UnwritableValueError, serialize } from "../../units/serialize.ts";
import { anyText, unitFile } from "./units-arbitraries.ts";

function withValue(value: string): UnitFile {
  return { sections: [{ name: "Container", entries: [{ key: "Image", value }] }] };
}

test("nothing is nothing", () => {
  assert.equal(serialize({ sections: [] }), "");
});

test("repeated keys, an empty value, an empty section", () => {
  const file: UnitFile = {
    sections: [
      { name: "Unit", entries: [] },
      {
        name: "Socket",
        entries: [
          { key: "ListenStream", value: "" },
          { key: "ListenStream", value: "[::]:80" },
          { key: "ListenStream", value: "0.0.0.0:80" },
        ],
      },
    ],
  };
  const text = "[Unit]\n\n[Socket]\nListenStream=\nListenStream=[::]:80\nListenStream=0.0.0.0:80\n";
  assert.equal(serialize(file), text);
});

for (const [value, problem] of [
  ["nginx\nUser=root", "newline (U+000A)"],
  ["nginx\rUser=root", "carriage return (U+000D)"],
  ["nginx\0", "NUL (U+0000)"],
  ["nginx\u001b[2J", "character (U+001B)"],
  ["nginx\u0085x", "character (U+0085)"],
  ["nginx\ud800", "character (U+D800)"],
  ["nginx\uffff", "character (U+FFFF)"],
  ["nginx\\", "backslash"],
  [" nginx", "white space"],
  ["nginx\t", "white space"],
  ["nginx\u00a0", "white space"],
] as const) {
  test(`a value with a ${problem} is refused: ${JSON.stringify(value)}`, () => {
    assert.throws(
      () => serialize(withValue(value)),
      (error) => {
        assert.ok(error instanceof UnwritableValueError);
        assert.match(error.message, /^\[Container\] Image=: /);
        assert.ok(error.message.includes(problem), error.message);
        // It may be a secret.
        assert.ok(!error.message.includes("nginx"), error.message);
        return true;
      },
    );
  });
}

for (const key of ["", "A B", "=", "[X]", "#x", "Ex\nec", "1st"]) {
  test(`no key: ${JSON.stringify(key)}`, () => {
    const file = { sections: [{ name: "Unit", entries: [{ key, value: "x" }] }] };
    assert.throws(() => serialize(file), UnwritableValueError);
  });
}

for (const name of ["", "A]", "[A", " A", "A\n[B"]) {
  test(`no section: ${JSON.stringify(name)}`, () => {
    assert.throws(() => serialize({ sections: [{ name, entries: [] }] }), UnwritableValueError);
  });
}

test("what is written is read back", () => {
  fc.assert(fc.property(unitFile, (file) => assert.deepEqual(parse(serialize(file), "web.service"), file)));
});

test("no value brings in a line of its own: it is refused, or read back as it is", () => {
  fc.assert(
    fc.property(anyText, (value) => {
      let text: string;
      try {
        text = serialize(withValue(value));
      } catch (error) {
        assert.ok(error instanceof UnwritableValueError);
        return;
      }
      assert.deepEqual(parse(text, "web.service"), withValue(value));
      assert.equal(text.split("\n").length, 3);
    }),
  );
});
