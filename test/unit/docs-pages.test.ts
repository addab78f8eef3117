import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { deadLinks, linksOf } from "../../tools/docs/links.ts";
import { navigation, pagesOf } from "../../tools/docs/navigation.ts";
import { messagesFile } from "../../tools/docs/messages-page.ts";
import { pages } from "../../tools/docs/pages.ts";
import { pagesWithShown } from "../../tools/docs/shown.ts";

// The pages that people write: they are short and linked from the index, and their links work. README.md shows real output.

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const generated = [...Object.keys(await pages()), messagesFile];
const documents = globSync("{*,{.github,bench,docs,examples,template}/**/*}.md", {
  cwd: root,
  exclude: ["**/node_modules/**"],
});
const inDocs = documents.filter((path) => path.startsWith("docs/"));
const handWritten = inDocs.filter((path) => !generated.includes(path));

test("no link leads nowhere", () => {
  assert.ok(linksOf(read("README.md")).length > 10);
  assert.deepEqual(deadLinks(documents, { exists: (path) => existsSync(join(root, path)), read }), []);
});

test("each page of docs/ is in the navigation, which comes from docs/README.md", () => {
  const listed = navigation("docs/README.md", read).flatMap(({ entries }) => pagesOf(entries));
  assert.deepEqual(
    inDocs.filter((path) => path !== "docs/README.md" && !listed.includes(path)),
    [],
  );
});

test("README.md has at most 150 lines, and each written page about 200", () => {
  assert.ok(read("README.md").split("\n").length <= 151);
  for (const path of handWritten) assert.ok(read(path).split("\n").length <= 200, path);
});

test("README.md and docs/ show the outputs that test/hosts has made", () => {
  const shown = pagesWithShown();
  for (const [path, text] of Object.entries(shown)) assert.equal(read(path), text, `${path}: make docs`);
  const files = Object.values(shown).flatMap((text) =>
    [...text.matchAll(/^<!-- shown: (\S+) -->$/gm)].map(([, file]) => file),
  );
  assert.deepEqual(files.sort(), readdirSync(join(root, "docs/shown")).sort());
});
