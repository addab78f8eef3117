import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkListens } from "../../units/nginx/check.ts";

/** Checks files with these names and texts against the addresses of one socket unit, and returns the messages. */
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

  for (const path of [
    "/etc/nginx/sites/*.conf",
    "extra.conf",
    "/etc/nginx/*/a.inc",
    "modules/../conf.d/a.inc",
  ]) {
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
      'a.conf:1: "include conf.d/b.inc" names a file that does not exist, so nginx won\'t start. Files in conf.d: a.conf.',
    ]);
    assert.deepEqual(over({ "a.conf": "include conf.d/*.inc;" }), { errors: [], warnings: [] });
  });

  test("includes that go round", () => {
    assert.deepEqual(over({ "a.conf": "include conf.d/b;", b: "\ninclude conf.d/a.conf;" }).errors, [
      'b:2: "include conf.d/a.conf" goes round in a circle: a.conf → b → a.conf. Remove one of these includes.',
    ]);
  });

  test("a syntax error names file and line", () => {
    const { errors: found } = checkListens([{ name: "a.conf", text: "server {\n listen 80\n}" }], []);
    assert.deepEqual(found, [
      { file: "a.conf", line: 3, message: 'a.conf:3: unexpected "}": "listen" in line 2 has no ";".' },
    ]);
  });
});

describe("what was meant, and is not what nginx reads there", () => {
  const place =
    "can't be in conf.d, whose files nginx reads inside the http block of the image's nginx.conf.";

  test("a whole nginx.conf", () => {
    const text = `user nginx;
worker_processes auto;
events { worker_connections 1024; }
http {
  include mime.types;
  server { listen 8080; }
  include /etc/nginx/conf.d/*.conf;
}`;
    assert.deepEqual(over({ "nginx.conf": text }, "0.0.0.0:8080"), {
      errors: [
        `nginx.conf:1: "user", "worker_processes", "events", "http" ${place} This looks like a whole nginx.conf: keep the "server" blocks of its http block, and what they need and the image's nginx.conf does not set.`,
      ],
      warnings: [],
    });
  });

  test("a stream", () => {
    const text = "\nstream {\n  server { listen 5432; proxy_pass db:5432; }\n}";
    assert.deepEqual(over({ "db.conf": text }, "0.0.0.0:5432"), {
      errors: [`db.conf:2: "stream" ${place} Only HTTP can be served here. Remove it.`],
      warnings: [],
    });
    const included = { "a.conf": `include conf.d/s;\n${server("80")}`, s: "worker_processes 1; pid /x;" };
    assert.deepEqual(over(included, "0.0.0.0:80"), {
      errors: [`s:1: "worker_processes", "pid" ${place} Remove them.`],
      warnings: [],
    });
  });

  test("a byte order mark", () => {
    assert.deepEqual(over({ "a.conf": `\ufeff${server("80")}` }, "0.0.0.0:80"), {
      errors: [
        "a.conf:1: the file begins with a byte order mark (BOM), which nginx reads as a part of the first word. Save it as UTF-8 without BOM.",
      ],
      warnings: [],
    });
  });

  const why =
    'a file is read if its name ends in ".conf", or if another file includes it. Rename it, or include it.';

  test("a name that does not end in .conf", () => {
    for (const name of ["site", "default.conf.template", "default.CONF"])
      assert.deepEqual(over({ [name]: `\n${server("80")}`, "a.conf": "# nothing" }, "0.0.0.0:80"), {
        errors: [
          `a.socket: "0.0.0.0:80", the argument listen, has its "listen" in "${name}" (line 2) only, which nginx does not read: ${why}`,
        ],
        warnings: [],
      });
  });

  test("the same, with another address too", () => {
    assert.deepEqual(over({ site: server("81") }, "0.0.0.0:80").errors, [
      `a.socket: "0.0.0.0:80", the argument listen, has no "listen": nginx would close it, and every client would hang. nginx binds nothing. Write "listen 80". nginx does not read "site": ${why}`,
    ]);
  });

  test("nothing of it for files that are for something else", () => {
    const files = { ".htpasswd": "a:b", "x.inc": "server_tokens off;", "old.conf.bak": server("80") };
    assert.deepEqual(over({ ...files, "a.conf": server("80") }, "0.0.0.0:80"), { errors: [], warnings: [] });
    assert.doesNotMatch(over({ "x.inc": "gzip on;" }, "0.0.0.0:80").errors.join(), /does not read/);
  });
});

test("a volume in conf.d may hold the listen", () => {
  const files = [{ name: "a.conf", text: "" }];
  const sockets = [{ unit: "a.socket", listen: ["0.0.0.0:80"] }];
  const found = (mount: string) => checkListens(files, sockets, [mount]);
  assert.deepEqual(
    found("/etc/nginx/conf.d/b.conf").warnings.map(({ message }) => message),
    [
      'a.socket: "0.0.0.0:80", the argument listen, has no "listen" that can be seen. If no include has "listen 80", every client hangs.',
    ],
  );
  assert.equal(found("/etc/nginx/conf.d/b.txt").errors.length, 1);
});

test("a file that can't be read as nginx's is one error: what it listens on is not known", () => {
  const files = [{ name: "a.conf", text: 'server {\n  listen 80;\n  return 200 "x"\n}\n' }];
  const { errors } = checkListens(files, [{ unit: "web.socket", listen: ["0.0.0.0:80"] }]);
  assert.deepEqual(
    errors.map(({ message }) => message.split(":")[0]),
    ["a.conf"],
  );
});
