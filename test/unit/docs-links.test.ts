import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { anchorsOf, deadLinks, linksOf } from "../../tools/docs/links.ts";

// How links and anchors are read from Markdown.

const files: Record<string, string> = {
  "README.md": "# The project\n\n[docs](docs/)\n",
  "docs/tls.md": "# TLS\n\n## Where the key is\n",
  "docs/schema.json": "{}",
  "template/README.md": "# Yours\n",
};
const dead = (page: string, text: string) =>
  deadLinks([page], {
    exists: (path) => path === "docs" || path === page || path in files,
    read: (path) => (path === page ? text : (files[path] ?? "")),
  });

test("links with their lines", () => {
  const text = [
    "A [page](tls.md) and `[no](link.md)`, a [text over",
    "two `lines`](hosts.md#keys), [![image](a.svg)](b.md).",
    "",
    "```md",
    "[no](link.md)",
    "```",
    "<!-- [no](link.md) -->",
    '<img alt="" src="c.svg"> and [Pulumi].',
    "",
    "[Pulumi]: https://www.pulumi.com/",
  ].join("\n");
  assert.deepEqual(
    linksOf(text).map(({ line, text, to }) => `${line} ${text} ${to}`),
    [
      "1 page tls.md",
      "2 text over\ntwo lines hosts.md#keys",
      "2 ![image](a.svg) b.md",
      "2  a.svg",
      "8  c.svg",
      "10 Pulumi https://www.pulumi.com/",
    ],
  );
});

test("anchors are those of GitHub", () => {
  const text =
    "# `listen` & TLS\n\n## Größe, 2nd\n\n## [A](b.md) link\n\n```sh\n# no heading\n```\n\n## Größe, 2nd\n";
  assert.deepEqual(anchorsOf(`${text}\n<a name="here"></a>\n`), [
    "#listen--tls",
    "#größe-2nd",
    "#a-link",
    "#größe-2nd-1",
    "#here",
  ]);
});

describe("a dead link is named with its file and line", () => {
  const cases: [page: string, link: string, problem?: string][] = [
    ["docs/a.md", "tls.md#where-the-key-is"],
    ["docs/a.md", "../README.md#the-project"],
    ["docs/a.md", "#title"],
    ["docs/a.md", "schema.json"],
    ["README.md", "docs/"],
    ["docs/a.md", "https://example.com/gone#there"],
    ["docs/a.md", "mailto:a@example.com"],
    ["docs/a.md", "gone.md", "there is no docs/gone.md"],
    ["docs/a.md", "../../README.md", "there is no ../README.md"],
    ["docs/a.md", "tls.md#gone", "docs/tls.md has no heading for #gone"],
    ["docs/a.md", "#gone", "docs/a.md has no heading for #gone"],
    ["docs/a.md", "schema.json#gone", "docs/schema.json is not Markdown, so it has no anchors"],
    ["docs/a.md", "/docs/tls.md", "starts at the root of a web site: write the path from this file"],
    ["template/b.md", "README.md"],
    [
      "template/b.md",
      "../docs/tls.md",
      "leads out of template/, which `quadlet-fleet new` copies without the rest",
    ],
  ];
  for (const [page, link, problem] of cases)
    test(`${page}: ${link}`, () =>
      assert.deepEqual(
        dead(page, `# Title\n\nText, and\na [link](${link}).\n`),
        problem === undefined ? [] : [`${page}:4: ${link}: ${problem}`],
      ));
});
