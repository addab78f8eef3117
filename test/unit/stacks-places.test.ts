import assert from "node:assert/strict";
import { test } from "node:test";
import { readConfiguration } from "../../stacks/configuration.ts";
import { placeFleet } from "../../stacks/fleet.ts";
import { configuration, fleet, project, refusal, stackFile, write } from "./environment-files.ts";

// The place of a problem with a text that is in a file of its own: the reference to the file, and the file's name.

/** A site whose last lines begin in line 7, and its environment. */
function environment(lines: string, ofEnvironment = "{}"): void {
  write({
    "stacks/base.yaml": `sites:
  www:
    hosts: [web-1]
    manager: system
    image: docker.io/library/nginx:1.28
    listen: ["0.0.0.0:80"]
${lines}`,
    "hosts/production.yaml": "web-1: { address: 192.0.2.11 }\n",
    [stackFile]: `config:
  quadlet-fleet:extends: stacks/base.yaml
  quadlet-fleet:inventory: hosts/production.yaml
  quadlet-fleet:sites:
    www:
      nginx: ${ofEnvironment}
`,
    "nginx/www.conf": "server { listen 8080; }\n",
    "nginx/fine.conf": "server { listen 80; }\n",
  });
}
const oneFile = "    nginx: { default.conf: { file: nginx/www.conf } }\n";
const inline = "'server { listen 81; }'";
const places = () => refusal(fleet).filter((line) => line.startsWith("    at "));

test("several problems with one file: its place once", () => {
  environment(oneFile);
  write({ "nginx/www.conf": "server { listen 8080; listen 8081; }\n" });
  const [, first, second, ...place] = refusal(fleet);
  assert.match(first ?? "", /^ {2}sites\.www\.nginx: default\.conf:1: "listen 8080" binds /);
  assert.match(second ?? "", /^ {2}sites\.www\.nginx: default\.conf:1: "listen 8081" binds /);
  assert.deepEqual(place, ["    at stacks/base.yaml:7:14, where default.conf is the file nginx/www.conf"]);
});

test("a message that names no file: the only one", () => {
  environment(oneFile);
  write({ "nginx/www.conf": "# no server\n" });
  assert.doesNotMatch(refusal(fleet)[1] ?? "", /default\.conf/);
  assert.deepEqual(places(), ["    at stacks/base.yaml:7:14, where default.conf is the file nginx/www.conf"]);
});

test("several files: those with problems, each where it is written", () => {
  environment(
    "    nginx: { default.conf: { file: nginx/www.conf }, fine.conf: { file: nginx/fine.conf } }\n",
    "{ more.conf: { file: nginx/more.conf } }",
  );
  write({ "nginx/more.conf": "server { listen 8081; }\n" });
  assert.deepEqual(places(), [
    "    at stacks/base.yaml:7:14, where default.conf is the file nginx/www.conf",
    `    at ${stackFile}:6:16, where more.conf is the file nginx/more.conf`,
  ]);
});

test("no file without the problem is named", () => {
  environment(`    nginx: { fine.conf: { file: nginx/fine.conf }, default.conf: ${inline} }\n`);
  assert.deepEqual(places(), [`    at ${stackFile}:6:7`]);
  environment(`${oneFile}    imag: x\n`);
  assert.deepEqual(places(), ["    at stacks/base.yaml:8:5"]);
});

for (const [what, nginx] of [
  ["replaces", `{ default.conf: ${inline} }`],
  ["removes", `{ default.conf: null, a.conf: ${inline} }`],
] as const)
  test(`no file is named that the environment ${what}`, () => {
    environment(oneFile, nginx);
    assert.deepEqual(places(), [`    at ${stackFile}:6:7`]);
  });

test("a file that the environment removes need not exist", () => {
  const none = "    nginx: { default.conf: { file: none.conf } }\n";
  environment(none);
  assert.match(refusal(configuration).join("\n"), /the file "none\.conf", .* does not exist/);
  environment(none, "null");
  assert.deepEqual(refusal(configuration), []);
});

test("a certificate and its key, of which nothing is quoted", () => {
  environment("    tls: { certificate: { file: a.pem }, key: { file: a.key } }\n");
  write({ "a.pem": "hello\n", "a.key": "hunter2\n" });
  assert.deepEqual(places(), [
    "    at stacks/base.yaml:7:12, where certificate is the file a.pem",
    "    at stacks/base.yaml:7:42, where key is the file a.key",
  ]);
  assert.doesNotMatch(refusal(fleet).join("\n"), /hello|hunter2/);
});

test("a host key in an inventory", () => {
  environment("");
  write({
    "hosts/production.yaml": "web-1: { address: 192.0.2.11, hostKey: { file: web-1.pub } }\n",
    "web-1.pub": "two\nlines\n",
  });
  assert.deepEqual(places(), ["    at hosts/production.yaml:1:31, where hostKey is the file web-1.pub"]);
});

test("a configuration whose own file is not known (--config-file): the name alone", () => {
  write({ "www.conf": "server { listen 8080; }\n" });
  const site = { hosts: ["a"], manager: "system", image: "example.com/nginx:1", listen: ["80"] };
  const all = {
    "quadlet-fleet:hosts": JSON.stringify({ a: { address: "192.0.2.11" } }),
    "quadlet-fleet:sites": JSON.stringify({ www: { ...site, nginx: { a: { file: "www.conf" } } } }),
  };
  const { value, places } = readConfiguration(all, undefined, [], project);
  const message = refusal(() => placeFleet(value, (problems) => places.locate(problems)));
  assert.equal(message.at(-1), "    at www.conf");
});
