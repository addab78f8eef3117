import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

// The words that users read: README.md, the pages of docs/, which include all messages, and the pages for projects and reporters.

const root = join(import.meta.dirname, "../..");
const pages = [
  "README.md",
  "SECURITY.md",
  "template/README.md",
  ...readdirSync(join(root, "docs"), { encoding: "utf8", recursive: true })
    .filter((path) => path.endsWith(".md"))
    .map((path) => `docs/${path}`),
];

/** Words that are not used, and the words to use instead. */
const words: readonly (readonly [not: RegExp, but: string])[] = [
  [/\bbut for\b/i, "except"],
  [/\banew\b/i, "again"],
  [/\b(some|no|any)body\b/i, "the noun: an administrator, no user, another session"],
  [/(?<!\bthere )\bis no (?!longer\b)/i, "is not a …"],
  [/\bof (its|their) own\b/i, "its own …"],
  [/, say[,.:]/i, "for example"],
];

/** The lines with such words, each with the words to use instead. */
function found(text: string): string[] {
  return text.split("\n").flatMap((line, index) => {
    const but = words.find(([not]) => not.test(line))?.[1];
    return but === undefined ? [] : [`${index + 1}: ${line.trim().slice(0, 160)}\n  write: ${but}`];
  });
}

describe("plain words", () => {
  for (const page of pages)
    test(page, () => assert.deepEqual(found(readFileSync(join(root, page), "utf8")), []));
});

test("each of the words is found, and the plain ones are not", () => {
  const texts = [
    "all but for the last",
    "It starts anew.",
    "Nobody reads it",
    '"x" is no valid name',
    "a file of its own",
    "ten hosts, say.",
  ];
  for (const text of texts) assert.equal(found(text).length, 1, text);
  assert.deepEqual(
    found("There is no such file. It is no longer there. Its own file, all except one, again."),
    [],
  );
});
