import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { UnitSyntaxError, parse } from "../../units/parse.ts";
import { anyText } from "./units-arbitraries.ts";

/** As systemd reads it; for quadlets see units-statements.test.ts. */
const file = "web.service";

function entriesOf(text: string) {
  return parse(text, file).sections[0]?.entries;
}

test("nothing is nothing", () => {
  assert.deepEqual(parse("", file), { sections: [] });
  assert.deepEqual(parse("\n \t\n", file), { sections: [] });
});

test("the example of systemd.syntax(7)", () => {
  const text = [
    "[Section A]",
    "KeyOne=value 1",
    "KeyTwo=value 2",
    "",
    "# a comment",
    "",
    "[Section B]",
    'Setting="something" "some thing" "..."',
    "KeyTwo=value 2 \\",
    "       value 2 continued",
    "",
    "[Section C]",
    "KeyThree=value 3\\",
    "# this line is ignored",
    "; this line is ignored too",
    "       value 3 continued",
  ].join("\n");
  assert.deepEqual(parse(text, file), {
    sections: [
      {
        name: "Section A",
        entries: [
          { key: "KeyOne", value: "value 1" },
          { key: "KeyTwo", value: "value 2" },
        ],
      },
      {
        name: "Section B",
        entries: [
          { key: "Setting", value: '"something" "some thing" "..."' },
          { key: "KeyTwo", value: "value 2         value 2 continued" },
        ],
      },
      { name: "Section C", entries: [{ key: "KeyThree", value: "value 3        value 3 continued" }] },
    ],
  });
});

test("comments of both kinds are lost, at the start of a line only", () => {
  assert.deepEqual(parse("#one\n;  two\n\n  # three\n[Unit]\n# A=b\nAfter=x # no comment", file), {
    sections: [{ name: "Unit", entries: [{ key: "After", value: "x # no comment" }] }],
  });
});

test("line ends of Windows, a byte order mark, white space around the =", () => {
  assert.deepEqual(entriesOf("\ufeff[Unit]\r\n  After \t= \ta b\t\r\nWants=\r\n"), [
    { key: "After", value: "a b" },
    { key: "Wants", value: "" },
  ]);
  assert.deepEqual(entriesOf("[Unit]\r\nAfter=a\\\r\nb\r\n"), [{ key: "After", value: "a b" }]);
});

test("sections and keys that come again stay apart", () => {
  const names = parse("[Service]\nExecStart=a\nExecStart=b\n[Unit]\n[Service]\nUser=x", file).sections.map(
    ({ name }) => name,
  );
  assert.deepEqual(names, ["Service", "Unit", "Service"]);
  assert.deepEqual(entriesOf("[Service]\nExecStart=a\nExecStart=b"), [
    { key: "ExecStart", value: "a" },
    { key: "ExecStart", value: "b" },
  ]);
});

test("only an odd number of backslashes continues a line", () => {
  assert.deepEqual(entriesOf("[S]\nA=x\\\\\nB=y\\\\\\\nz"), [
    { key: "A", value: "x\\\\" },
    { key: "B", value: "y\\\\ z" },
  ]);
});

test("an empty line ends a continued one, and so does the end of the file", () => {
  assert.deepEqual(entriesOf("[S]\nA=x \\\n\nB=y\\"), [
    { key: "A", value: "x" },
    { key: "B", value: "y" },
  ]);
});

for (const [text, line, problem] of [
  ["Image=x", 1, "Image= is before the first section"],
  ["[Unit]\n\nnonsense", 3, "neither a section, a comment nor a key"],
  ["[Unit]\n=x", 2, "neither a section, a comment nor a key"],
  ["[Unit\nA=b", 1, "is not a section header"],
  ["[Unit] x", 1, "is not a section header"],
  ["[a\u0007]", 1, "is not a section header"],
  ["[]", 1, "is not a section header"],
  ["[Unit]\nA=b\nC=d \\\n  e\n[X", 5, "is not a section header"],
  ["[Unit]\nfoo \\\nbar", 2, "neither a section, a comment nor a key"],
  ["[Unit]\nA=b\0", 2, "NUL"],
] as const) {
  test(`${JSON.stringify(text)} is refused at line ${line}`, () => {
    assert.throws(
      () => parse(text, "web.container"),
      (error) => {
        assert.ok(error instanceof UnitSyntaxError);
        assert.equal(error.line, line);
        assert.ok(error.message.startsWith(`web.container:${line}: `), error.message);
        assert.ok(error.message.includes(problem), error.message);
        return true;
      },
    );
  });
}

test("any text is read, or refused with its line", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      try {
        for (const { name } of parse(`[Unit]\n${text}`, file).sections) assert.notEqual(name, "");
      } catch (error) {
        assert.ok(error instanceof UnitSyntaxError);
        assert.ok(error.line > 1);
      }
    }),
  );
});
