import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseNginx, type Directive } from "../../units/nginx/parse.ts";
import { NginxSyntaxError, quoteWord, tokenize } from "../../units/nginx/tokens.ts";
import { configuration } from "./nginx-arbitraries.ts";

const parse = (text: string) => parseNginx(text, "x.conf");
const only = (text: string): Directive => {
  const [directive, ...others] = parse(text);
  assert.ok(directive !== undefined && others.length === 0, text);
  return directive;
};

describe("parseNginx", () => {
  test("gives the tree with lines and columns", () => {
    assert.deepEqual(parse("# first\nserver {\n  listen 80 default_server;\n}\ninclude a.inc;"), [
      {
        name: "server",
        args: [],
        line: 2,
        column: 1,
        block: [{ name: "listen", args: ["80", "default_server"], line: 3, column: 3 }],
      },
      { name: "include", args: ["a.inc"], line: 5, column: 1 },
    ]);
  });

  const words: [string, string, string[]][] = [
    ["quotes keep what would end a word", `a "b;{}# c" 'd"e';`, ["b;{}# c", 'd"e']],
    ["an empty word", `a "";`, [""]],
    ["escapes", String.raw`a "\"\\\t\n\r\d" \;x;`, ['"\\\t\n\r\\d', "\\;x"]],
    ["a # inside a word is no comment", "a b#c; # d", ["b#c"]],
    ["a comment between words", "a b # c;\n d;", ["b", "d"]],
    ["the braces of a variable", "a ${b}c$d;", ["${b}c$d"]],
    ["a } inside a word", "a b}c;", ["b}c"]],
    ["a quote inside a word", `a b"c;`, [`b"c`]],
    ["CRLF", "a\r\n b\r\n;", ["b"]],
  ];
  for (const [what, text, args] of words) {
    test(`reads ${what}`, () => assert.deepEqual(only(text).args, args));
  }

  test("reads a ) after a quoted word, as `if` has it", () => {
    assert.deepEqual(only('if ($a = "b") { return 404; }').args, ["($a", "=", "b", ")"]);
  });

  test("leaves a Lua block's body out, with its strings and comments", () => {
    const lua = `content_by_lua_block {
  local t = { "}", '\\'}', [[ } ]], [=[ ]] } ]=] } -- }
  --[[ } ]] if t[1] then ngx.say(a[b[1]]) end
}
listen 80;`;
    const [block, listen] = parse(lua);
    assert.deepEqual(block?.block, []);
    assert.deepEqual(listen, { name: "listen", args: ["80"], line: 5, column: 1 });
  });

  test("finds nothing in an empty file", () => assert.deepEqual(parse(" \n# only this"), []));

  test("reads blocks that nest deeper than the stack", () => {
    assert.equal(only(`${"a{".repeat(100_000)}${"}".repeat(100_000)}`).name, "a");
  });

  const broken: [string, string][] = [
    ["server {\n  listen 80\n}", 'x.conf:3: unexpected "}": "listen" in line 2 has no ";".'],
    ["listen 80", 'x.conf:1: "listen" in line 1 has no ";".'],
    ["\nserver {\n listen 80;", 'x.conf:2: the block of "server" is never closed: a "}" is missing.'],
    ["a;\n}", 'x.conf:2: unexpected "}": no block is open.'],
    ["a;;", 'x.conf:1: unexpected ";": there is no directive before it.'],
    ["{}", 'x.conf:1: unexpected "{": there is no directive before it.'],
    ["a\n 'b;", "x.conf:2: the quote ' is never closed."],
    ['a "b"c;', 'x.conf:1: unexpected "c" straight after a quoted word.'],
    ["a_by_lua_block { '}", 'x.conf:1: the block of "a_by_lua_block" is never closed.'],
  ];
  for (const [text, message] of broken) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parse(text), { name: "NginxSyntaxError", file: "x.conf", message });
    });
  }

  test("arbitrary text is a tree or an NginxSyntaxError", () => {
    const outcomes = { trees: 0, errors: 0 };
    fc.assert(
      fc.property(configuration, (text) => {
        try {
          parse(text);
          outcomes.trees += 1;
        } catch (error) {
          assert.ok(error instanceof NginxSyntaxError, String(error));
          outcomes.errors += 1;
        }
      }),
      { numRuns: 1000 },
    );
    assert.ok(outcomes.trees > 0 && outcomes.errors > 0, JSON.stringify(outcomes));
  });

  test("a printed tree is read again as the same tree", () => {
    const { tree } = fc.letrec<{ tree: Printable[] }>((tie) => ({
      tree: fc.array(
        fc.record(
          {
            words: fc.array(fc.string(), { minLength: 1, maxLength: 4 }),
            block: fc.option(tie("tree"), { maxDepth: 3, nil: undefined }),
          },
          { noNullPrototype: true },
        ),
        { maxLength: 3 },
      ),
    }));
    fc.assert(
      fc.property(tree, (directives) => {
        assert.deepEqual(parse(print(directives)).map(printable), directives);
      }),
    );
  });
});

interface Printable {
  words: string[];
  block: Printable[] | undefined;
}

const print = (tree: Printable[]): string =>
  tree
    .map(({ words, block }) => words.map(quoteWord).join(" ") + (block ? ` {\n${print(block)}}\n` : ";\n"))
    .join("");

const printable = ({ name, args, block }: Directive): Printable => ({
  words: [name, ...args],
  block: block?.map(printable),
});

describe("quoteWord", () => {
  test("quotes only where it must", () => {
    assert.equal(quoteWord("[::]:8080"), "[::]:8080");
    assert.equal(quoteWord("unix:/run/a b"), '"unix:/run/a b"');
    assert.equal(quoteWord(String.raw`a"\b`), String.raw`"a\"\\b"`);
    assert.equal(quoteWord(""), '""');
  });

  test("nginx reads back exactly the text", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (texts) => {
        const tokens = tokenize(`${texts.map(quoteWord).join(" ")}\n`, "x.conf");
        assert.deepEqual(
          tokens.map((token) => (token.kind === "word" ? token.text : token.kind)),
          texts,
        );
      }),
    );
  });
});
