import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { headersSet, listensOf, locationsOf, readExtra } from "../../units/nginx/extra.ts";
import { httpDirectives } from "../../units/nginx/included.ts";
import { parseNginx } from "../../units/nginx/parse.ts";
import { configuration } from "./nginx-arbitraries.ts";

const lines = (text: string) => readExtra(text).lines.map(({ name, text }) => [name, text]);

describe("a person's lines, one by one", () => {
  const cases: [string, string, string[][]][] = [
    ["nothing", " \n# only this", []],
    [
      "comments before and behind",
      "# one\na 1; # two\n\n  # three\n  b 2;",
      [
        ["a", "# one\na 1; # two"],
        ["b", "# three\n  b 2;"],
      ],
    ],
    [
      "blocks, and several in a line",
      "a 1; location / {\n  b { c 2; }\n} d 3;",
      [
        ["a", "a 1;"],
        ["location", "location / {\n  b { c 2; }\n}"],
        ["d", "d 3;"],
      ],
    ],
    [
      "marks that are none",
      'a "b;{}" c\\;d;\r\nx_by_lua_block { s = "}" }\ny 1;',
      [
        ["a", 'a "b;{}" c\\;d;'],
        ["x_by_lua_block", 'x_by_lua_block { s = "}" }'],
        ["y", "y 1;"],
      ],
    ],
  ];
  for (const [what, text, expected] of cases) test(what, () => assert.deepEqual(lines(text), expected));

  test("together they are the whole", () => {
    const shape = (text: string) => parseNginx(text, "x").map(({ name, args }) => [name, ...args]);
    let found = 0;
    fc.assert(
      fc.property(configuration, (text) => {
        const { lines, directives } = readExtra(text);
        // An unreadable text has no directives, and an include has no meaning here.
        if (directives.length === 0 || /include/.test(text)) return;
        found += 1;
        assert.deepEqual(shape(lines.map((line) => line.text).join("\n")), shape(text));
      }),
      { numRuns: 1000 },
    );
    assert.ok(found > 0);
  });
});

test("what can't be read has no directive", () => {
  assert.deepEqual(readExtra("a 1;\n}"), { text: "a 1;\n}", lines: [], directives: [] });
  assert.deepEqual(readExtra(), { text: "", lines: [], directives: [] });
});

describe("what they set", () => {
  const files = [
    { name: "more.inc", text: "proxy_set_header X-More 1; include conf.d/more.inc; location /more { }" },
    { name: "broken.inc", text: "proxy_set_header X-Broken 1" },
    { name: "a.conf", text: "include conf.d/more.inc; ssl_protocols TLSv1.3;" },
  ];

  test("headers, in any case, and in what they include; not those of a location", () => {
    const text =
      'proxy_set_header hOST x; "proxy_set_header" \'X-A\' "$a"; location / { proxy_set_header X-B b; }';
    assert.deepEqual([...headersSet(readExtra(text))], ["host", "x-a"]);
    const include = "include /etc/nginx/conf.d/*.inc; include conf.d/none.inc; include /etc/nginx/x;";
    assert.deepEqual([...headersSet(readExtra(include, files))], ["x-more"]);
  });

  test("locations: those of which a server has one", () => {
    const text = `location / {} location = /a {} location =/b {} location ^~ /c {} location ^~/d {}
location @e {} location ~ ^/f {} location ~* ^/g {} location ~^/h {} location "/i j" { location /i {} }`;
    assert.deepEqual(locationsOf(readExtra(text)), ["/", "= /a", "= /b", "/c", "/d", "@e", "/i j"]);
    assert.deepEqual(locationsOf(readExtra("include conf.d/more.inc;", files)), ["/more"]);
  });

  test("addresses", () => {
    const text = "listen 82 proxy_protocol; listen [::]:80-81; listen localhost:80; listen x:y:z;";
    const of = (family: string, address: string, port: number) => ({ family, address, port });
    assert.deepEqual(listensOf(readExtra(text)), [
      of("ipv4", "0.0.0.0", 82),
      of("ipv6", "::", 80),
      of("ipv6", "::", 81),
    ]);
  });

  test("in the http context: files that nginx reads, and what these include", () => {
    assert.deepEqual(
      httpDirectives(files).map(({ name }) => name),
      ["proxy_set_header", "location", "ssl_protocols"],
    );
  });
});
