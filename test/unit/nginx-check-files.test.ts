import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkListens } from "../../units/nginx/check.ts";

/** File names and texts, and the addresses of one socket unit in, messages out. */
function over(files: Record<string, string>, ...listen: string[]): { errors: string[]; warnings: string[] } {
  const { errors, warnings } = checkListens(
    Object.entries(files).map(([name, text]) => ({ name, text })),
    [{ unit: "a.socket", listen }],
  );
  return {
    errors: errors.map(({ message }) => message),
    warnings: warnings.map(({ message }) => message),
  };
}
const server = (listen: string) => `server { listen ${listen}; }`;

describe("checkListens reads the files that nginx reads", () => {
  test("only those that end in .conf are read", () => {
    const files = {
      "a.conf": server("80"),
      "b.inc": server("81"),
      ".c.conf": "}",
      "d/e.conf": "}",
      "f.txt": '"',
    };
    assert.deepEqual(over(files, "0.0.0.0:80"), { errors: [], warnings: [] });
  });

  for (const path of ["conf.d/a.inc", "/etc/nginx/conf.d/a.inc", "conf.d/*.inc", "/etc/nginx/conf.d/?.inc"]) {
    test(`an include of ${path} is followed`, () => {
      const files = { "a.conf": `server { include ${path}; }`, "a.inc": "\nlisten 80;" };
      assert.deepEqual(over(files, "0.0.0.0:80"), { errors: [], warnings: [] });
      assert.match(over(files, "80").errors[0] ?? "", /^a\.inc:2: "listen 80" binds 0\.0\.0\.0:80/);
    });
  }

  test("what two servers include is told once", () => {
    const files = { "a.conf": "server { include conf.d/x; }\nserver { include conf.d/x; }", x: "listen 80;" };
    assert.equal(over(files).errors.length, 1);
  });

  for (const path of ["/etc/nginx/sites/*.conf", "extra.conf", "/etc/nginx/*/a.inc", "conf.d/[ab].inc"]) {
    test(`an include of ${path}, which can't be seen, turns a missing listen into a warning`, () => {
      assert.deepEqual(over({ "a.conf": `include ${path};` }, "0.0.0.0:80"), {
        errors: [],
        warnings: [
          `a.conf:1: "include ${path}" reads files that can't be seen from here: a "listen" in them is not compared with the sockets.`,
          'a.socket: "0.0.0.0:80", the argument listen, has no "listen" that can be seen. If no include has "listen 80", every client hangs.',
        ],
      });
    });
  }

  test("a server whose include can't be seen is not taken for one without listen", () => {
    const result = over({ "a.conf": "server { include /x; }" });
    assert.deepEqual(result.errors, []);
    assert.equal(result.warnings.length, 1);
  });

  test("an include that can't be seen may hold the wildcard that covers a listen", () => {
    const files = { "a.conf": `include /x;\n${server("127.0.0.1:80")}` };
    assert.deepEqual(over(files, "0.0.0.0:80").errors, []);
    assert.equal(
      over({ "a.conf": `include /x;\n${server("127.0.0.1:80 bind")}` }, "0.0.0.0:80").errors.length,
      1,
    );
  });

  test("an include of a file that is not there", () => {
    assert.deepEqual(over({ "a.conf": "include conf.d/b.inc;" }).errors, [
      'a.conf:1: "include conf.d/b.inc" names a file in conf.d that is not there, so nginx won\'t start. Files: a.conf.',
    ]);
    assert.deepEqual(over({ "a.conf": "include conf.d/*.inc;" }), { errors: [], warnings: [] });
  });

  test("includes that go round", () => {
    assert.deepEqual(over({ "a.conf": "include conf.d/b;", b: "\ninclude conf.d/a.conf;" }).errors, [
      'b:2: "include conf.d/a.conf" goes round in a circle: a.conf → b → a.conf. Take one of these includes out.',
    ]);
  });

  test("a syntax error names file and line", () => {
    const { errors: found } = checkListens([{ name: "a.conf", text: "server {\n listen 80\n}" }], []);
    assert.deepEqual(found, [
      { file: "a.conf", line: 3, message: 'a.conf:3: unexpected "}": "listen" in line 2 has no ";".' },
    ]);
  });
});

test("a file that can't be read as nginx's is one error: what it listens on is not known", () => {
  const files = [{ name: "a.conf", text: 'server {\n  listen 80;\n  return 200 "x"\n}\n' }];
  const { errors } = checkListens(files, [{ unit: "web.socket", listen: ["0.0.0.0:80"] }]);
  assert.deepEqual(
    errors.map(({ message }) => message.split(":")[0]),
    ["a.conf"],
  );
});
