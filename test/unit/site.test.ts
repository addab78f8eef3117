import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { deadInBuild } from "../../tools/site/dead.ts";
import { repositoryPage, target } from "../../tools/site/target.ts";

// How `make site` rewrites links, and its check of the result.

describe("where a link of docs/tls.md leads on the site", () => {
  const site = (repository?: string) => ({
    isPage: (path: string) => path === "README.md" || path === "docs/acme.md",
    isCopied: (path: string) => path === "docs/schema.json",
    repository,
  });
  const web = "https://example.com/one/fleet";
  const cases: [to: string, target: string, withoutRepository?: string][] = [
    ["acme.md#keys", "acme.md#keys", "acme.md#keys"],
    ["../README.md#start", "../index.md#start", "../index.md#start"],
    ["schema.json", "schema.json", "schema.json"],
    ["#keys", "#keys", "#keys"],
    ["https://www.pulumi.com/", "https://www.pulumi.com/", "https://www.pulumi.com/"],
    ["../examples/tls/", `${web}/blob/HEAD/examples/tls`],
    ["../bench/results.md#speed", `${web}/blob/HEAD/bench/results.md#speed`],
  ];
  for (const [to, expected, withoutRepository] of cases)
    test(to, () => {
      assert.equal(target("docs/tls.md", to, site(web)), expected);
      assert.equal(target("docs/tls.md", to, site()), withoutRepository);
    });
});

test("the web page of the repository is that of package.json", () => {
  assert.equal(repositoryPage(undefined), undefined);
  assert.equal(repositoryPage("https://example.com/a/b"), "https://example.com/a/b");
  assert.equal(repositoryPage({ url: "git+https://example.com/a/b.git" }), "https://example.com/a/b");
  assert.throws(() => repositoryPage({ url: "git@example.com:a/b.git" }), {
    message: `repository of package.json is "git@example.com:a/b.git": write an address that starts with https://`,
  });
});

test("a dead link of the built site is named with its page", () => {
  const dead = (href: string, base = "/") =>
    deadInBuild({
      pages: new Map([
        ["index.html", `<h1 class="x" id="top">Top</h1>`],
        ["docs/index.html", ""],
        ["docs/tls.html", `<a class="y" href="${href}">link</a><h2 id="größe">Size</h2>`],
      ]),
      files: new Set(["index.html", "docs/index.html", "docs/tls.html", "docs/schema.json"]),
      base,
    });
  const alive = ["/", "../#top", "./", "#gr%C3%B6%C3%9Fe", "schema.json", "/docs/tls.html?a=1&amp;b=2"];
  for (const href of [...alive, "https://example.com/", "data:,"]) assert.deepEqual(dead(href), [], href);
  for (const href of ["gone.html", "#gone", "/#gone", "schema.json#gone", "./tls"])
    assert.deepEqual(dead(href), [`docs/tls.html: ${href}`]);
  assert.deepEqual(dead("/fleet/docs/tls.html", "/fleet/"), []);
  assert.deepEqual(dead("/docs/tls.html", "/fleet/"), ["docs/tls.html: /docs/tls.html"]);
});
