import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resolveInclude } from "../../units/nginx/include.ts";

// Which files an include reads. Unusual paths were compared with nginx 1.31.5.

const files = ["a.conf", "b.conf", "a.inc", "sites.d/x.inc"];
const found = (pattern: string, mounts: string[] = []) => {
  const { names, unseen, missing } = resolveInclude(pattern, files, mounts);
  return [...names, ...(unseen ? ["UNSEEN"] : []), ...(missing ? ["MISSING"] : [])];
};

describe("a path is a path", () => {
  const cases: [string, string[]][] = [
    ["conf.d/a.inc", ["a.inc"]],
    ["/etc/nginx/conf.d/a.inc", ["a.inc"]],
    ["./conf.d//./a.inc", ["a.inc"]],
    ["/etc/../etc/nginx/conf.d/../conf.d/a.inc", ["a.inc"]],
    ["../../../etc/nginx/conf.d/a.inc", ["a.inc"]],
    ["conf.d/sites.d/../a.inc", ["a.inc"]],
    ["conf.d/../snippets/x", ["UNSEEN"]],
    ["snippets/../conf.d/a.inc", ["UNSEEN"]],
    ["conf.d/../mime.types", []],
    [".//fastcgi_params", []],
    ["resolver.d/x.conf", []],
    ["conf.d/none.inc", ["MISSING"]],
    ["conf.d/../conf.d/none.inc", ["MISSING"]],
    ["conf.d/none/../a.inc", ["MISSING"]],
    ["conf.d/a.inc/../a.inc", ["MISSING"]],
    ["conf.d/a\\.inc", ["MISSING"]],
    ["conf.d", ["MISSING"]],
    ["/etc/nginx/conf.d/", ["MISSING"]],
  ];
  for (const [pattern, expected] of cases) test(pattern, () => assert.deepEqual(found(pattern), expected));
});

describe("a pattern is one of glob(3)", () => {
  const cases: [string, string[]][] = [
    ["conf.d/*.conf", ["a.conf", "b.conf"]],
    ["conf.d/[!b]*.conf", ["a.conf"]],
    ["conf.d/[[:alpha:]].inc", ["a.inc"]],
    ["conf.d/?\\.inc*", ["a.inc"]],
    ["conf.d/*/*.inc", ["sites.d/x.inc"]],
    ["conf.d/../conf.d//*.inc", ["a.inc"]],
    ["conf.d/*.none", []],
    ["/etc/nginx/conf*/a.inc", ["a.inc", "UNSEEN"]],
    ["sites-enabled/*", ["UNSEEN"]],
    ["resolver.d/*.conf", []],
  ];
  for (const [pattern, expected] of cases) test(pattern, () => assert.deepEqual(found(pattern), expected));

  test("in no time, however many stars it has", () => {
    const many = Array.from({ length: 200 }, (_, index) => `${"a".repeat(200)}${index}.inc`);
    assert.deepEqual(resolveInclude(`conf.d/${"*a".repeat(60)}*b`, many).names, []);
    assert.deepEqual(resolveInclude(`conf.d/${"*/../".repeat(60)}*b`, ["d/x", "e/x", "f/x"]).names, []);
  });
});

describe("a volume below conf.d", () => {
  const cases: [string, string, string[]][] = [
    ["/etc/nginx/conf.d/sites", "conf.d/sites/x.conf", ["UNSEEN"]],
    ["/etc/nginx/conf.d/sites/", "conf.d/sites/*.conf", ["UNSEEN"]],
    ["/etc/nginx/conf.d/sites", "conf.d/*/x.inc", ["sites.d/x.inc", "UNSEEN"].toSorted()],
    ["/etc/nginx/conf.d/sites", "conf.d/*.conf", ["a.conf", "b.conf"]],
    ["/etc/nginx/conf.d/z.conf", "conf.d/*.conf", ["a.conf", "b.conf", "UNSEEN"]],
    ["/etc//nginx/./conf.d/a.inc", "conf.d/a.inc", ["UNSEEN"]],
    ["/etc/nginx/conf.d/sites", "conf.d/none.inc", ["MISSING"]],
    ["/etc/nginx", "conf.d/a.inc", ["a.inc"]],
    ["/srv", "conf.d/none.inc", ["MISSING"]],
  ];
  for (const [mount, pattern, expected] of cases)
    test(`${mount}: ${pattern}`, () =>
      assert.deepEqual(found(pattern, [mount]).toSorted(), expected.toSorted()));
});
