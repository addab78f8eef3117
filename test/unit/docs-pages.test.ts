import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, test } from "node:test";
import { messagesFile } from "../../tools/docs/messages-page.ts";
import { pages } from "../../tools/docs/pages.ts";
import { anchor } from "../../tools/docs/prose.ts";

// The pages that people write: short, found from the index, with links that lead somewhere. README.md shows what is real.

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const generated = [...Object.keys(await pages()), messagesFile];
const inDocs = readdirSync(join(root, "docs"), { encoding: "utf8", recursive: true })
  .filter((file) => file.endsWith(".md"))
  .map((file) => `docs/${file}`);
const documents = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...inDocs];
const handWritten = inDocs.filter((path) => !generated.includes(path));

/** A document without its blocks of code. */
const prose = (path: string) => read(path).replaceAll(/^ *```[\s\S]*?^ *```$/gm, "");
const anchorsOf = (path: string) =>
  [...prose(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchor(heading));
/** The links of a document, as paths from the root with their anchors. */
function linksOf(path: string): string[] {
  const text = prose(path);
  const links = [...text.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm)].map(
    ([, inline, below]) => inline ?? below ?? "",
  );
  return links
    .filter((link) => !link.startsWith("https:"))
    .map((link) =>
      link.startsWith("#") ? `${path}${link}` : relative(root, join(root, dirname(path), link)),
    );
}

function leadsNowhere(link: string): boolean {
  const [path = "", to] = link.split("#");
  if (!existsSync(join(root, path))) return true;
  return to !== undefined && !anchorsOf(path).includes(`#${to}`);
}

test("no link leads nowhere", () => {
  assert.ok(linksOf("README.md").length > 10);
  for (const path of documents) assert.deepEqual(linksOf(path).filter(leadsNowhere), [], path);
  assert.ok(leadsNowhere("docs/gone.md"));
  assert.ok(leadsNowhere("README.md#gone"));
});

test("an index has each page", () => {
  const indexes = inDocs.filter((path) => path.endsWith("/README.md"));
  const listed = indexes.flatMap(linksOf).map((link) => link.split("#")[0]);
  assert.deepEqual(
    inDocs.filter((path) => path !== "docs/README.md" && !listed.includes(path)),
    [],
  );
});

test("README.md has at most 150 lines, and each written page about 200", () => {
  assert.ok(read("README.md").split("\n").length <= 151);
  for (const path of handWritten) assert.ok(read(path).split("\n").length <= 200, path);
});

describe("README.md shows what test/hosts/documented.test.ts has seen", () => {
  for (const file of readdirSync(join(root, "docs/shown"))) {
    test(file, () => assert.ok(read("README.md").includes(`\`\`\`\n${read(`docs/shown/${file}`)}\`\`\`\n`)));
  }
});
