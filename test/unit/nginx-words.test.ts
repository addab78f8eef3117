import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { indent } from "../../units/nginx/indent.ts";
import { type Directive, parseNginx } from "../../units/nginx/parse.ts";
import { NginxSyntaxError } from "../../units/nginx/tokens.ts";
import { configuration } from "./nginx-arbitraries.ts";

const problem = (text: string) => {
  try {
    parseNginx(text, "x.conf");
    return "";
  } catch (thrown) {
    assert.ok(thrown instanceof NginxSyntaxError);
    return thrown.message;
  }
};

describe("a word or a comment that is too long for nginx", () => {
  // The limit of each: nginx 1.22.1 and 1.31.5 accepted and refused the same texts (1,302 texts around the limits).
  const a = (count: number) => "a".repeat(count);
  const cases: [string, (count: number) => string, number][] = [
    ["before a mark", (count) => `set $x ${a(count)};`, 4095],
    ["before a blank", (count) => `add_header ${a(count)} x;`, 4094],
    ["in quotes, before a mark", (count) => `set $x "${a(count)}";`, 4094],
    ["in quotes, before a blank", (count) => `set $x '${a(count)}' ;`, 4093],
    ["before a brace", (count) => `location ${a(count)}{ }`, 4095],
    ["in quotes, before a parenthesis", (count) => `if ($host = "${a(count)}") { }`, 4094],
    ["a comment", (count) => `#${a(count)}\nset $x y;`, 4094],
    ["a comment at the end", (count) => `set $x y; #${a(count)}`, 4095],
    ["wherever it is", (count) => `${"\n".repeat(4000)}set $x ${a(count)};`, 4095],
    ["with escapes, as it is written", (count) => `set $x "\\"${a(count)}";`, 4092],
  ];
  for (const [what, text, most] of cases)
    test(what, () => {
      assert.equal(problem(text(most)), "");
      assert.match(problem(text(most + 1)), /^x\.conf:\d+: .*\("too long parameter"\)\./);
    });

  test("bytes count", () => {
    assert.equal(problem(`set $x ${"ö".repeat(2047)};`), "");
    assert.notEqual(problem(`set $x ${"ö".repeat(2048)};`), "");
  });

  test("what is said, which has nothing of the text", () => {
    assert.equal(
      problem(`\nadd_header X\n"${a(5000)}";`),
      'x.conf:3: a word of "add_header" has 5000 bytes, and nginx reads at most 4094 ("too long parameter"). Split it: "set $part …" for each part and "$part1$part2" where it stands, or put the text into a file.',
    );
    assert.equal(
      problem(`# one\n# ${a(5000)}\n`),
      'x.conf:2: this comment has 5002 bytes, and nginx reads at most 4095 ("too long parameter"). Break it into several lines.',
    );
  });
});

test("a byte order mark", () => {
  assert.equal(
    problem("\ufeffserver { }"),
    "x.conf:1: the file begins with a byte order mark (BOM), which nginx reads as a part of the first word. Save it as UTF-8 without BOM.",
  );
  assert.equal(problem('return 200 "\ufeff";'), "");
});

describe("indent", () => {
  const cases: [string, string, string][] = [
    ["nothing", "", ""],
    ["lines, but no empty ones", "a 1;\n\nb {\n  c 2;\n}", "    a 1;\n\n    b {\n      c 2;\n    }"],
    ["a string of several lines", 'return 200 "a\n b\n\nc";\nd 1;', '    return 200 "a\n b\n\nc";\n    d 1;'],
    ["a string that ends a line", "a 'x\n'\n1;", "    a 'x\n'\n    1;"],
    ["a newline with a backslash", "a x\\\ny;\nb 1;", "    a x\\\ny;\n    b 1;"],
    ["a quote in a comment", "# it's\na 1;\n# it's", "    # it's\n    a 1;\n    # it's"],
    [
      "Lua, which has strings of its own",
      "a_by_lua_block {\n  x = [[\n y\n]]\n}\nb 1;",
      "    a_by_lua_block {\n  x = [[\n y\n]]\n    }\n    b 1;",
    ],
    ["what can't be read", 'a "b\nc', 'a "b\nc'],
  ];
  for (const [what, text, expected] of cases) test(what, () => assert.equal(indent(text), expected));

  test("changes no word", () => {
    const words = ({ name, args, block }: Directive): unknown => [name, args, block?.map(words)];
    const read = (text: string) => parseNginx(text, "x").map(words);
    const word = fc
      .string({ unit: fc.constantFrom("a", "\n", "\n", " ", "\\", '"', "'", "$", "{", "}", "#", ";") })
      .map((text) => `"${text.replaceAll(/["\\]/g, "\\$&")}"`);
    const directive = fc
      .tuple(fc.constantFrom(" ", "\n", "\n# it's\n"), fc.array(word, { minLength: 1 }))
      .map(([blank, words]) => `${words.join(blank)};`);
    const text = fc.oneof(
      fc.array(directive).map((lines) => lines.join("\n")),
      configuration.filter((text) => problem(text) === ""),
    );
    fc.assert(fc.property(text, (text) => assert.deepEqual(read(indent(text)), read(text))));
  });
});
