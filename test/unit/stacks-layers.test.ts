import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Output, isSecret } from "@pulumi/pulumi";
import { readConfiguration } from "../../stacks/configuration.ts";
import { readStackFile } from "../../stacks/secrets.ts";
import {
  base,
  configuration,
  fleet,
  inventory,
  production,
  project,
  refusal,
  stackFile,
  three,
  write,
} from "./environment-files.ts";

// An environment that extends others: the combined content of its files, and the place of an error.

test("what it extends, its inventory, and its own values over them", () => {
  write(three);
  const [site] = fleet().sites;
  assert.deepEqual(site?.hosts, ["web-1", "web-2"]);
  assert.equal(site.args.image, "docker.io/library/nginx:1.27");
  assert.deepEqual(site.args.environment, { LEVEL: "warn" });
  assert.deepEqual(configuration().warnings, []);
});

test("the template with 50 hosts in each environment: one base, and no value is written twice", () => {
  cpSync(join(import.meta.dirname, "../../template"), project, { recursive: true });
  for (const [at, environment] of ["dev", "staging", "production"].entries()) {
    const host = (_: unknown, one: number) =>
      `${environment}-${one + 1}: { address: 192.0.${at}.${one + 1}, labels: { role: web } }\n`;
    write({ [`hosts/${environment}.yaml`]: Array.from({ length: 50 }, host).join("") });
    const file = `stacks/Pulumi.${environment}.yaml`;
    const [site] = fleet(file).sites;
    assert.equal(site?.hosts.length, 50);
    assert.deepEqual(configuration(file).warnings, []);
  }
});

test("without other files: the same as ever", () => {
  write({ [stackFile]: `config:\n  quadlet-fleet:hosts:\n    a: { address: b }\n` });
  assert.deepEqual(configuration().value, { hosts: { a: { address: "b" } } });
});

test("several files, and files that extend others: the later one counts", () => {
  write({
    "a.yaml": "extends: c.yaml\nsites: { s: { image: a } }\n",
    "b.yaml": "sites: { s: { image: b, pull: always } }\n",
    "c.yaml": "sites: { s: { image: c, manager: system } }\n",
    [stackFile]: "config:\n  quadlet-fleet:extends: [a.yaml, b.yaml]\n",
  });
  assert.deepEqual(configuration().value, {
    sites: { s: { image: "b", pull: "always", manager: "system" } },
  });
});

test("a directory of inventory files", () => {
  write({
    "hosts/eu.yaml": "web-1: { address: a }\n",
    "hosts/us.yml": "web-2: { address: b }\n",
    "hosts/notes.txt": "no YAML",
    [stackFile]: "config:\n  quadlet-fleet:inventory: hosts\n",
  });
  assert.deepEqual(configuration().value, {
    hosts: { "web-1": { address: "a" }, "web-2": { address: "b" } },
  });
});

test("a value that is repeated unchanged is a warning, with both places", () => {
  write({ ...three, [stackFile]: `${production}      listen: ["0.0.0.0:80"]\n` });
  assert.deepEqual(configuration().warnings, [
    `sites.www.listen at ${stackFile}:8:7 repeats stacks/base.yaml:6:5`,
  ]);
});

describe("errors name file, line and column, and come at once", () => {
  test("of values, in the file that sets them", () => {
    write({
      ...three,
      "stacks/base.yaml": base.replace("listen:", "listn:"),
      "hosts/production.yaml": `${inventory}web-3: { address: 5 }\n`,
    });
    assert.deepEqual(refusal(fleet), [
      "the stack's configuration:",
      '  hosts.web-3.address: must be the name of the host or its IP address, as in "192.0.2.11"',
      "    at hosts/production.yaml:3:10",
      '  sites.www.listn: is not known. Did you mean "listen"?',
      "    at stacks/base.yaml:6:5",
    ]);
  });

  test("of the files themselves", () => {
    write({
      "a.yaml": "extends: b.yaml\nsits: {}\nsites: [x]\n",
      "b.yaml": "extends: a.yaml\n",
      "c.yaml": "sites: { s: { image: [ }\n",
      "hosts/a.yaml": "web-1: { address: a }\n",
      "hosts/b.yaml": "web-1: { address: b }\n",
      [stackFile]:
        "config:\n  quadlet-fleet:extends: [a.yaml, c.yaml, gone.yaml]\n  quadlet-fleet:inventory: [hosts, 5]\n",
    });
    const lines = refusal(configuration).filter((line) => !line.includes("is not YAML"));
    assert.deepEqual(lines.slice(0, 9), [
      "the stack's configuration:",
      '  sits: is not known. Did you mean "sites"?',
      "    at a.yaml:2:1",
      "  extends: includes itself: a.yaml → b.yaml → a.yaml",
      "    at b.yaml:1:1",
      "  sites: must be entries by their names",
      "    at a.yaml:3:1",
      "    at c.yaml:1:24",
      `  extends: the file "gone.yaml", relative to the project's directory ${project}, does not exist`,
    ]);
    assert.ok(
      lines.includes(
        "  inventory: must be the path of a file, or a list of them, as in hosts/production.yaml",
      ),
    );
  });

  test("a host in two files of an inventory", () => {
    write({
      "hosts/a.yaml": "web-1: { address: a }\n",
      "hosts/b.yaml": "\nweb-1: { address: b }\n",
      [stackFile]: "config:\n  quadlet-fleet:inventory: hosts\n",
    });
    assert.deepEqual(refusal(configuration), [
      "the stack's configuration:",
      "  hosts.web-1: is already in hosts/a.yaml:1:1",
      "    at hosts/b.yaml:2:1",
    ]);
  });

  test("a key without a value that removes nothing", () => {
    write({ ...three, [stackFile]: production.replace("COLOUR: null", "COLOR:") });
    assert.deepEqual(refusal(fleet), [
      "the stack's configuration:",
      "  sites.www.environment.COLOR: has no value. Give it one, or leave it out.",
      `    at ${stackFile}:7:35`,
    ]);
  });

  test("an argument that is not indented enough, and an entry with a misspelled name", () => {
    write({
      ...three,
      "stacks/base.yaml": base.replace("sites:", "sites:\n  tls: { redirect: true }"),
      [stackFile]: production.replace("www:", "wwww:"),
    });
    const [, ...lines] = refusal(fleet);
    assert.deepEqual(
      lines.filter((line) => /sites\.(tls|wwww\.hosts)/.test(line)),
      [
        "  sites.tls: is an argument of a site, not a site. Indent it below its site.",
        '  sites.wwww.hosts: is missing: a list of host names, or { labels: { … } }, as in [web-1]. Did you mean the site "www"?',
      ],
    );
  });

  test("a key without its prefix", () => {
    write({ ...three, [stackFile]: production.replace("quadlet-fleet:sites", "sites") });
    assert.throws(
      () =>
        readConfiguration(
          { "mine:sites": "{}" },
          readStackFile(join(project, stackFile), stackFile),
          [],
          project,
        ),
      /\n {2}sites: is a key of the project mine, because it has no prefix\. Write "quadlet-fleet:sites"\.$/,
    );
  });

  test("a null that removes nothing", () => {
    write({ ...three, [stackFile]: production.replace("COLOUR: null", "COLOR: null") });
    assert.deepEqual(refusal(fleet), [
      "the stack's configuration:",
      '  sites.www.environment.COLOR: is null, and no file below has it, so it removes nothing. Did you mean "COLOUR"?',
      `    at ${stackFile}:7:35`,
    ]);
  });
});

describe("what YAML can do", () => {
  test("a map that takes over another one: with its places, and its secrets stay secrets", async () => {
    write({
      [stackFile]: `config:
  quadlet-fleet:sites:
    www: &www { environment: { TOKEN: { secure: v1:x } } }
    api: { <<: *www, image: i }
`,
    });
    const key = "quadlet-fleet:sites";
    const engine = { www: { environment: { TOKEN: "t" } }, api: { environment: { TOKEN: "t" }, image: "i" } };
    const file = readStackFile(join(project, stackFile), stackFile);
    const { value, places } = readConfiguration({ [key]: JSON.stringify(engine) }, file, [key], project);
    const { api } = (value as { sites: { api: { environment: { TOKEN: Output<string> } } } }).sites;
    assert.equal(await isSecret(api.environment.TOKEN), true);
    assert.equal(places.at(["sites", "api", "environment"]), `${stackFile}:3:17`);
  });

  test("one anchor of a thousand hosts", () => {
    const hosts = Array.from({ length: 1000 }, (_, index) => `web-${index}: { address: a, labels: *w }\n`);
    write({
      "hosts.yaml": `web: { address: a, labels: &w { role: web } }\n${hosts.join("")}`,
      [stackFile]: "config:\n  quadlet-fleet:inventory: hosts.yaml\n",
    });
    assert.equal(Object.keys((configuration().value as { hosts: object }).hosts).length, 1001);
  });

  for (const [what, text, says] of [
    ["an unknown alias", "web-1: *nope\n", "Unresolved alias"],
    ["an anchor in itself", "web-1: &a { labels: *a }\n", "an anchor is part of itself"],
    ["two keys of one name", "web-1: {}\nweb-1: {}\n", "has the key web-1 twice"],
  ] as const)
    test(`${what} is told with its place`, () => {
      write({ "hosts.yaml": text, [stackFile]: "config:\n  quadlet-fleet:inventory: hosts.yaml\n" });
      const message = refusal(configuration).join("\n");
      assert.ok(message.includes(says), message);
      assert.match(message, /\n {4}at hosts\.yaml:\d+:\d+$/);
    });
});

test("a file that several extend counts once, below all of them", () => {
  write({
    "base.yaml": "sites: { s: { image: old, environment: { DEBUG: x } } }\n",
    "eu.yaml": "extends: base.yaml\nsites: { s: { image: new, environment: { DEBUG: null } } }\n",
    "big.yaml": "extends: ./base.yaml\nsites: { s: { environment: { SIZE: big } } }\n",
    [stackFile]: "config:\n  quadlet-fleet:extends: [eu.yaml, big.yaml]\n",
  });
  assert.deepEqual(configuration().value, { sites: { s: { image: "new", environment: { SIZE: "big" } } } });
});

test("a key with nothing behind it does not remove a site; null does", () => {
  const of = (value: string) => `config:
  quadlet-fleet:extends: stacks/base.yaml
  quadlet-fleet:sites:
    www:${value}
`;
  write({ ...three, [stackFile]: of("\n      # rollout: { canary: 2 }") });
  assert.deepEqual(refusal(configuration), [
    "the stack's configuration:",
    "  sites.www: has no value. Give it one, or write null to remove what a file below has.",
    `    at ${stackFile}:4:5`,
  ]);
  write({ [stackFile]: of(" null") });
  assert.deepEqual(configuration().value, { sites: {} });
});

test("another file than the stack file (--config-file): all that may be a secret is one, and no place is told", async () => {
  write({
    [stackFile]: "config:\n  quadlet-fleet:sites: { www: { environment: { A: { secure: v1:x } } } }\n",
  });
  const key = "quadlet-fleet:sites";
  const file = readStackFile(join(project, stackFile), stackFile);
  const all = { [key]: JSON.stringify({ www: { environment: { A: "a", B: "b" } } }) };
  const { value, places } = readConfiguration(all, file, [key], project);
  const { environment } = (value as { sites: { www: { environment: Record<string, Output<string>> } } }).sites
    .www;
  assert.deepEqual(await Promise.all(Object.values(environment).map((one) => isSecret(one))), [true, true]);
  assert.equal(places.at(["sites", "www"]), undefined);
});

describe("secrets", () => {
  const key = "sites: { www: { tls: { key: PRIVATE } } }\n";

  test("one in clear in a shared file is refused, and not quoted", () => {
    write({ "a.yaml": key, [stackFile]: "config:\n  quadlet-fleet:extends: a.yaml\n" });
    const text = refusal(configuration).join("\n");
    assert.match(text, /key: is a secret, and is not encrypted in a file that environments share\./);
    assert.match(text, /at a\.yaml:1:24/);
    assert.doesNotMatch(text, /PRIVATE/);
  });

  test("one in clear in the stack file is a warning", () => {
    write({ [stackFile]: `config:\n  quadlet-fleet:${key}` });
    const { warnings } = configuration();
    assert.deepEqual(warnings, [
      `sites.www.tls.key at ${stackFile}:2:40 is a secret, and is not encrypted in the stack file.`,
    ]);
  });

  test("from a variable: a secret, and missing only where it counts", async () => {
    write({
      "a.yaml":
        "sites: { www: { environment: { TOKEN: { env: LAYERS_TOKEN }, PLAIN: { env: LAYERS_NONE } } } }\n",
      [stackFile]: "config:\n  quadlet-fleet:extends: a.yaml\n",
    });
    process.env.LAYERS_TOKEN = "t0ken\n";
    assert.deepEqual(refusal(configuration), [
      "the stack's configuration:",
      "  sites.www.environment.PLAIN: the environment variable LAYERS_NONE is not set",
      "    at a.yaml:1:62",
    ]);
    write({
      [stackFile]:
        "config:\n  quadlet-fleet:extends: a.yaml\n  quadlet-fleet:sites: { www: { environment: { PLAIN: x } } }\n",
    });
    const { sites } = configuration().value as { sites: { www: { environment: Record<string, never> } } };
    assert.equal(await isSecret(sites.www.environment.TOKEN ?? assert.fail()), true);
    assert.equal(sites.www.environment.PLAIN, "x");
  });
});
