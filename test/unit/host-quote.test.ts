import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { quoteCommand } from "../../host/ssh/quote.ts";

test("a shell gives back each argument as it was", () => {
  const nasty = [
    "",
    " ",
    "'",
    "''",
    "\\",
    "$HOME",
    "`id`",
    "$(id)",
    "a\nb",
    "*",
    "~",
    "#",
    ";",
    "&&",
    "\u{1F512}",
    "-n",
    "%s",
  ];
  const argv = ["printf", "%s\\0", ...nasty];
  assert.deepEqual(
    execFileSync("sh", ["-c", quoteCommand(argv)])
      .toString("utf8")
      .split("\0")
      .slice(0, -1),
    nasty,
  );
});

test("property: any text without NUL survives the shell", () => {
  const word = fc.string({ unit: "binary" }).filter((text) => !text.includes("\0") && text.isWellFormed());
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), (words) => {
      const seen = execFileSync("sh", ["-c", quoteCommand(["printf", "%s\\0", ...words])]).toString("utf8");
      assert.deepEqual(seen.split("\0").slice(0, -1), words);
    }),
    { numRuns: 60 },
  );
});

test("NUL is refused", () => {
  assert.throws(() => quoteCommand(["a\0b"]), RangeError);
});
