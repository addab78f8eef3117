import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { toListenStream, toNginxListen } from "../../units/nginx/address.ts";
import { namedAddresses } from "../../units/nginx/bind.ts";
import { type NginxFile, findListens } from "../../units/nginx/listens.ts";
import { quoteWord } from "../../units/nginx/tokens.ts";
import { configuration, crowdedAddress, listenAddress } from "../unit/nginx-arbitraries.ts";
import { type Seen, askNginx, unpackNginx } from "./support/nginx-root.ts";

// Compares what units/ says about configurations with what the nginx of the test image makes of them. No host is booted.

let root: string;
before(async () => {
  root = mkdtempSync(join(tmpdir(), "quadlet-fleet-nginx-"));
  await unpackNginx(root);
});
after(() => rmSync(root, { recursive: true, force: true }));

const conf = (text: string): NginxFile[] => [{ name: "default.conf", text }];

/** Configurations that nginx accepts. */
const taken: Record<string, NginxFile[]> = {
  "no file at all": [],
  "no server": conf("gzip on;"),
  "a server without a listen": conf("server { }"),
  "a port": conf("server { listen 8080; }"),
  "all ways to write an address": conf(
    "server { listen *:81; listen 82; listen 127.0.0.1; listen 127.0.0.2:83; listen [::1]; listen [::]:84; }",
  ),
  "a range of ports": conf("server { listen 8080-8082; listen 127.0.0.1:9000-9001; }"),
  "Unix sockets": conf(`server { listen unix:/run/a.sock; listen "unix:/run/with blank"; }`),
  "an address beside its wildcard": conf("server { listen 8080; } server { listen 127.0.0.1:8080; }"),
  "the same in IPv6": conf("server { listen [::]:8080; listen [::1]:8080; listen [2001:db8::1]:8080; }"),
  "an address twice, in two servers": conf(
    "server { listen 8080; server_name a; } server { listen *:8080; server_name b; }",
  ),
  options: conf("server { listen 8080 default_server backlog=5; listen [::]:8080 ipv6only=on reuseport; }"),
  "IPv4 by an IPv6 socket": conf("server { listen [::]:8080 ipv6only=off; }"),
  "quotes, escapes and comments": conf(
    `# listen 1;\nserver { "listen" '8080'; listen 8081; # listen 2;\n listen "127.0.0.1:8082"; }`,
  ),
  "what only looks like a listen": conf(
    `server { listen 8080; return 200 "listen 1; server { listen 2; }"; add_header x 'listen 3;'; }`,
  ),
  "a map and an upstream": conf(
    "map $http_a $b { default 1; listen 2; } upstream u { server 127.0.0.1:1; } server { listen 8080; }",
  ),
  "several files, one of which it does not read": [
    { name: "a.conf", text: "server { listen 8081; }" },
    { name: "b.conf", text: "server { listen 8082; }" },
    { name: "c.conf.off", text: "server { listen 8083; }" },
  ],
  "an include": [
    { name: "a.conf", text: "server { include conf.d/listens; include /etc/nginx/conf.d/more-*; }" },
    { name: "listens", text: "listen 8081;" },
    { name: "more-1", text: "listen 8082;" },
    { name: "more-2", text: "include conf.d/deep;" },
    { name: "deep", text: "listen 8083;" },
    { name: "other", text: "listen 8084;" },
  ],
  "an include in a location": [
    { name: "a.conf", text: "server { listen 8081; location / { include conf.d/headers; } }" },
    { name: "headers", text: "add_header a b;" },
  ],
  patterns: [
    { name: "a.conf", text: "include conf.d/[xy]?.inc; include conf.d/none-*; include conf.d/[!a-z]1.inc;" },
    { name: "x1.inc", text: "server { listen 8081; }" },
    { name: "y12.inc", text: "server { listen 8082; }" },
    { name: "21.inc", text: "server { listen 8083; }" },
  ],
  "a file that is included twice": [
    {
      name: "a.conf",
      text: "server { listen 81; include conf.d/x; } server { listen 82; include conf.d/x; }",
    },
    { name: "x", text: "listen 8081;" },
  ],
  "hidden files": [
    { name: "a.conf", text: "include conf.d/x*;" },
    { name: ".conf", text: "server { listen 8081; }" },
    { name: ".b.conf", text: "server { listen 8082; }" },
    { name: "x", text: "gzip on;" },
  ],
};

/** Configurations that neither nginx nor our reader accepts. */
const refused: Record<string, NginxFile[]> = {
  "an open block": conf("server { listen 80;"),
  "a brace too many": conf("server { listen 80; } }"),
  "no semicolon": conf("server { listen 80 }"),
  "an open quote": conf('server { listen "80; }'),
  "a quote that goes on": conf('server { listen "80"1; }'),
  "a port that is none": conf("server { listen 65536; }"),
  "port 0": conf("server { listen 0; }"),
  "a path that is too long": conf(`server { listen unix:/${"a".repeat(108)}; }`),
  "a path that is empty": conf("server { listen unix:; }"),
  "an address that is none": conf("server { listen [::z]:80; }"),
  "a range that goes down": conf("server { listen 81-80; }"),
  "a file that is not there": conf("include conf.d/missing;"),
  "a circle": conf("include conf.d/default.conf;"),
  "what stands outside of http": conf("events { }"),
};

/** Our reader looks for servers and their listens: it does not follow the includes of a location. */
function canListen({ text }: NginxFile): boolean {
  return /listen|server/.test(text);
}

function assertSame(files: readonly NginxFile[], seen: Seen, what: string): void {
  const { listens, unread, errors, unseen } = findListens(files);
  assert.deepEqual(errors, [], `${what}: nginx takes it`);
  // It includes files outside of conf.d.
  if (unseen) return;
  const bound = namedAddresses(listens).filter(({ coveredBy }) => coveredBy === undefined);
  assert.deepEqual(
    bound.map(({ address }) => toListenStream(address)).sort(),
    seen.listens.sort(),
    `${what}: listens`,
  );
  const named = (isRead: (file: NginxFile) => boolean) =>
    files.filter((file) => canListen(file) && isRead(file)).map(({ name }) => name);
  assert.deepEqual(
    named((file) => !unread.includes(file)),
    named(({ name }) => seen.read.includes(name)),
    `${what}: files`,
  );
}

test("the reader and nginx agree", async (t) => {
  const names = [...Object.keys(taken), ...Object.keys(refused)];
  const cases = [...Object.values(taken), ...Object.values(refused)];
  const seen = await askNginx(root, cases);
  for (const [index, name] of names.entries()) {
    const [files, one] = [cases[index] as NginxFile[], seen[index] as Seen];
    await t.test(name, () => {
      assert.equal(one.started, name in taken, one.said);
      if (one.started) assertSame(files, one, name);
      else assert.notDeepEqual(findListens(files).errors, []);
    });
  }
});

const port = fc.integer({ min: 1, max: 65000 });
const listen = fc.oneof(
  { weight: 3, arbitrary: fc.oneof(crowdedAddress, listenAddress).map(toNginxListen) },
  port.map(String),
  port.map((first) => `*:${first}`),
  port.map((first) => `127.0.0.1:${first}-${first + 3}`),
  fc.constantFrom("127.0.0.1", "[::1]", "*"),
);
const server = fc
  .uniqueArray(listen, { maxLength: 4 })
  .map((words) => `server { ${words.map((word) => `listen ${quoteWord(word)};`).join(" ")} }\n`);
const configurations: fc.Arbitrary<NginxFile[]> = fc
  .record({ servers: fc.array(server, { maxLength: 3 }), other: server, included: server, unread: server })
  .map(({ servers, other, included, unread }) => [
    { name: "a.conf", text: `${servers.join("")}include conf.d/*.inc;` },
    { name: "b.conf", text: other },
    { name: "c.inc", text: included },
    { name: "d.off", text: unread },
  ]);

test("and of configurations that are drawn by lot", async () => {
  const seed = Date.now();
  const servers = fc.sample(configurations, { seed, numRuns: 60 });
  // Most of these are not valid: what our reader refuses, nginx refuses too.
  const noise = fc.sample(configuration, { seed, numRuns: 60 }).map(conf);
  const seen = await askNginx(root, [...servers, ...noise]);
  for (const [index, files] of [...servers, ...noise].entries()) {
    const one = seen[index] as Seen;
    if (one.started) assertSame(files, one, `seed ${seed}, ${JSON.stringify(files)}`);
  }
  const started = seen.slice(0, servers.length).filter((one) => one.started).length;
  assert.ok(started > 20, `seed ${seed}: nginx takes ${started} of ${servers.length} only`);
});
