import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Answer,
  type Facts,
  type Query,
  noFacts,
  readFacts,
  row,
  writeQuery,
} from "../../host/facts/facts.ts";
import { sha256 } from "../../host/digest.ts";

const encoded = (text: string) => Buffer.from(text, "utf8").toString("base64");

function read(answers: Answer[], query: Partial<Query> = {}): Facts {
  return readFacts({ files: new Map(), units: [], ...query }, answers);
}

test("no answers: what is known before", () => {
  assert.deepEqual(read([]), noFacts());
});

test("an answer that is not known says nothing", () => {
  assert.deepEqual(read([{ event: "news", text: "x" }]), noFacts());
});

describe("the query", () => {
  test("a line for each thing to look at", () => {
    assert.equal(
      writeQuery({
        files: new Map([
          ["/etc/a", "0".repeat(64)],
          ["~/b c", "any"],
          ["/d", "none"],
        ]),
        units: ["web.service", "web.socket"],
        directories: ["/etc/systemd/system"],
        ports: [
          ["web.socket", 80],
          ["web-2.socket", 65535],
        ],
        labels: ["~/conf.d"],
        images: true,
        containers: ["manager", "account"],
        real: ["~/.config/systemd/user"],
        live: ["web.service"],
      }),
      `file\t${"0".repeat(64)}\t/etc/a
file\tany\t~/b c
file\tnone\t/d
unit\tweb.service
unit\tweb.socket
find\t/etc/systemd/system
port\tweb.socket\t0050
port\tweb-2.socket\tFFFF
label\t~/conf.d
images
containers\tmanager
containers\taccount
real\t~/.config/systemd/user
live\tweb.service
`,
    );
  });

  test("for nothing: nothing", () => {
    assert.equal(writeQuery({ files: new Map(), units: [] }), "");
  });

  test("no path can bring in a line or a field", () => {
    for (const path of ["/a\nunit\tb", "/a\tb"])
      assert.throws(() => writeQuery({ files: new Map([[path, "any"]]), units: [] }), RangeError);
    assert.throws(() => row(["a", "b\n"]), /can't hold a tab or a newline: "b\\n"/);
  });
});

describe("files", () => {
  const query = {
    files: new Map([
      ["/etc/a", "any"],
      ["/etc/gone", "any"],
      ["~/b", "any"],
      ["/etc/link", "any"],
      ["/etc/directory", "any"],
      ["/etc/c\\d", sha256("c")],
    ]),
  };
  // root's files are in one answer, the account's in another.
  const files: Answer[] = [
    {
      event: "files",
      numbers: "0 1 3 4 5 ",
      described: encoded(
        `f 0644 0 1764000000 ${sha256("a")}\na\nl\no\nf 4755 33 1764000002 ${sha256("c")}\n`,
      ),
    },
    { event: "files", numbers: "2 ", described: encoded(`f 0600 1000 1764000001 ${sha256("b")}\n`) },
  ];
  const nothing = { mode: "", uid: -1, modified: 0, sha256: "" };

  test("each by its type: root's, the account's, a link, another, none", () => {
    assert.deepEqual(
      [...read(files, query).files].sort(
        ([one], [other]) => [...query.files.keys()].indexOf(one) - [...query.files.keys()].indexOf(other),
      ),
      [
        ["/etc/a", { type: "file", mode: "0644", uid: 0, modified: 1764000000, sha256: sha256("a") }],
        ["/etc/gone", { type: "absent", ...nothing }],
        ["~/b", { type: "file", mode: "0600", uid: 1000, modified: 1764000001, sha256: sha256("b") }],
        ["/etc/link", { type: "link", ...nothing }],
        ["/etc/directory", { type: "other", ...nothing }],
        ["/etc/c\\d", { type: "file", mode: "4755", uid: 33, modified: 1764000002, sha256: sha256("c") }],
      ],
    );
  });

  test("the content of what is not as expected, by its line of the query", () => {
    const facts = read([...files, { event: "content", line: 2, content: encoded("b\n\ud83d\ude80") }], query);
    assert.equal(facts.files.get("~/b")?.content?.toString("utf8"), "b\n\ud83d\ude80");
    assert.equal(facts.files.get("/etc/a")?.content, undefined);
  });

  test("content that is no text is kept as it is", () => {
    const facts = read([...files, { event: "content", line: 0, content: "/wD+" }], query);
    assert.deepEqual(facts.files.get("/etc/a")?.content, Buffer.from([0xff, 0x00, 0xfe]));
  });

  test("content of a line that was not asked for says nothing", () => {
    assert.deepEqual(read([...files, { event: "content", line: 9, content: "" }], query), read(files, query));
  });
});

test("names in directories; one that is not there has none", () => {
  const facts = read([{ event: "names", line: 1, names: encoded("a.conf\nb c.conf\n") }], {
    directories: ["/gone", "/etc/conf.d"],
  });
  assert.deepEqual(
    [...facts.names],
    [
      ["/gone", []],
      ["/etc/conf.d", ["a.conf", "b c.conf"]],
    ],
  );
});

test("who listens", () => {
  const line =
    "   0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 21348 1";
  const facts = read([
    { event: "ports", listening: encoded(`${line}\n`), holders: encoded("21348 nginx (process 812)\n") },
  ]);
  assert.deepEqual(facts.ports, [
    { address: { family: "ipv4", address: "127.0.0.1", port: 80 }, holder: "nginx (process 812)" },
  ]);
});

test("free bytes of each directory", () => {
  const facts = read([
    { event: "space", directory: encoded("/etc"), free: "10", block: "4096" },
    { event: "space", directory: encoded("/home/a b"), free: "0", block: "512" },
  ]);
  assert.deepEqual(
    [...facts.space],
    [
      ["/etc", 40960],
      ["/home/a b", 0],
    ],
  );
});

describe("images that were replaced under their name", () => {
  const old = "1".repeat(64);
  const now = "2".repeat(64);
  const replaced = (running: string, present: string) => [
    ...read([{ event: "images", running: encoded(running), present: encoded(present) }]).replacedImages,
  ];

  test("the service whose container runs another", () => {
    const running = `web.service docker.io/library/nginx:latest ${old}\napi.service docker.io/library/httpd:2 ${now}\n`;
    const present = `docker.io/library/nginx:latest ${now}\ndocker.io/library/httpd:2 ${now}\n<none>:<none> ${old}\n`;
    assert.deepEqual(replaced(running, present), ["web.service"]);
  });

  test("none that is as it was, is gone, or is named by its digest", () => {
    const present = `docker.io/library/nginx:latest ${now}\n`;
    assert.deepEqual(replaced(`web.service docker.io/library/nginx:latest ${now}\n`, present), []);
    assert.deepEqual(replaced(`web.service docker.io/library/caddy:2 ${old}\n`, present), []);
    assert.deepEqual(replaced(`web.service docker.io/library/nginx@sha256:${old} ${old}\n`, present), []);
    assert.deepEqual(replaced("", ""), []);
  });

  test("a container of no service is nobody's", () => {
    const present = `docker.io/library/nginx:latest ${now}\n`;
    assert.deepEqual(replaced(` docker.io/library/nginx:latest ${old}\n`, present), []);
  });
});

test("all containers of a podman: name, unit, whether it runs, image", () => {
  const found = `web|running|web.service|docker.io/library/nginx:latest
old|exited||docker.io/library/httpd:2
bare|created||
held|paused|x.service|localhost/a|b
`;
  const facts = read([{ event: "containers", podman: "account", found: encoded(found) }]);
  const image = "docker.io/library/nginx:latest";
  assert.deepEqual(
    [...facts.containers],
    [
      [
        "account",
        [
          { name: "web", unit: "web.service", running: true, image },
          { name: "old", unit: "", running: false, image: "docker.io/library/httpd:2" },
          { name: "bare", unit: "", running: false, image: "" },
          { name: "held", unit: "x.service", running: true, image: "localhost/a|b" },
        ],
      ],
    ],
  );
});

test("the container that a service runs, by a runtime that is known", () => {
  const query = { live: ["web.service", "other.service"] };
  const answer = (line: number, runtime: string) => ({ event: "live", line, runtime, config: encoded("{}") });
  assert.deepEqual(
    [...read([answer(0, "crun"), answer(1, "/tmp/crun")], query).live],
    [["web.service", { runtime: "crun", config: "{}" }]],
  );
});

test("where a directory really is", () => {
  const query = { real: ["/etc/systemd/system", "~/.config/systemd/user"] };
  const facts = read([{ event: "real", line: 1, path: encoded("/var/home/a b/user\n") }], query);
  assert.deepEqual([...facts.real], [["~/.config/systemd/user", "/var/home/a b/user"]]);
});

describe("the host", () => {
  const host: Answer = {
    event: "host",
    uid: "1000",
    home: encoded("/home/test"),
    podman: "yes",
    version: encoded("podman version 5.4.2\n"),
    linger: "yes",
    lacking: " gids",
    free: "165536",
  };

  test("who runs the manager, and what it can", () => {
    const { uid, home, podman, lingers, lackingIds, freeId } = read([host]);
    assert.deepEqual(
      { uid, home, podman, lingers, lackingIds, freeId },
      {
        uid: 1000,
        home: "/home/test",
        podman: { installed: true, version: "5.4.2" },
        lingers: true,
        lackingIds: ["gids"],
        freeId: 165536,
      },
    );
  });

  test("podman's version is only known where it was asked for", () => {
    assert.deepEqual(read([{ ...host, version: "" }]).podman, { installed: true });
    assert.deepEqual(read([{ ...host, podman: "no", version: "" }]).podman, { installed: false });
  });
});

test("the set's mark, and those of others", () => {
  const facts = read([
    { event: "others", claims: encoded("shop\t/etc/a\nshop\t/etc/b\n") },
    {
      event: "set",
      owner: encoded("urn:web"),
      manifest: encoded("/etc/c\n"),
      units: encoded("front.service\t/etc/web.container\tserves\n"),
      unfinished: "yes",
      last: encoded("8c1f reverted failed 2026-11-29T15:11:34+0000 alice@laptop\n"),
    },
  ]);
  assert.deepEqual(
    [...facts.others],
    [
      ["/etc/a", "shop"],
      ["/etc/b", "shop"],
    ],
  );
  assert.deepEqual(facts.set, {
    owner: "urn:web",
    paths: ["/etc/c"],
    units: new Map([["/etc/web.container", "front.service"]]),
    unfinished: true,
    last: { outcome: "reverted", cause: "failed", at: "2026-11-29T15:11:34+0000", who: "alice@laptop" },
  });
});
