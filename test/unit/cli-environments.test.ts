import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { compared } from "../../cli/environments/compare.ts";
import { explained } from "../../cli/environments/explain.ts";
import { settingsOf } from "../../stacks/environment.ts";
import { fleet, production, project, settings, stackFile, three, write } from "./environment-files.ts";

// What `explain` and `compare` report about the files of environments.

describe("explain", () => {
  test("one value, and what lower files would set", () => {
    write(three);
    assert.equal(
      explained(settings(), "sites.www.image"),
      [
        "sites.www.image: docker.io/library/nginx:1.27",
        `  ${stackFile}:6:7`,
        "  stacks/base.yaml:5:5  has docker.io/library/nginx:1.28",
        "",
      ].join("\n"),
    );
  });

  test("all below a path; secrets and files are not read", () => {
    write({
      ...three,
      [stackFile]: `${production}      tls: { certificate: { file: gone.pem }, key: { secure: v1:x } }\n`,
    });
    assert.equal(
      explained(settings(), "sites.www.tls"),
      [
        "sites.www.tls.certificate: { file: gone.pem }",
        `  ${stackFile}:8:14`,
        "sites.www.tls.key: [secret]",
        `  ${stackFile}:8:47`,
        "",
      ].join("\n"),
    );
  });

  test("a secret in clear is not shown", () => {
    write({ [stackFile]: "config:\n  quadlet-fleet:sites: { www: { tls: { key: PRIVATE } } }\n" });
    assert.match(explained(settings(), "sites"), /^sites\.www\.tls\.key: \[secret\]\n/);
    assert.deepEqual(compared("a", settings(), "b", settings()), []);
  });

  test("what removes a value, and nothing of what is below that", () => {
    write({
      "a.yaml": "sites: { www: { image: a } }\n",
      "b.yaml": "sites: { www: null }\n",
      [stackFile]: "config:\n  quadlet-fleet:extends: [a.yaml, b.yaml]\n",
    });
    assert.equal(explained(settings(), "sites.www"), "sites.www: (removed)\n  b.yaml:1:10\n");
    write({
      [stackFile]:
        "config:\n  quadlet-fleet:extends: [a.yaml, b.yaml]\n  quadlet-fleet:sites: { www: { image: c } }\n",
    });
    assert.equal(
      explained(settings(), "sites.www.image"),
      `sites.www.image: c\n  ${stackFile}:3:33\n  b.yaml:1:10  has null, which removes it\n`,
    );
  });

  test("a path that nothing has", () => {
    write(three);
    assert.throws(
      () => explained(settings(), "sites.www.imag"),
      /sites\.www\.imag is not set\. Did you mean "sites\.www\.image"\?/,
    );
  });

  test("no such environment", () => assert.equal(settingsOf(project, "none"), undefined));
});

test("compare: what differs, folded", () => {
  write({
    ...three,
    "stacks/Pulumi.staging.yaml": `config:
  quadlet-fleet:extends: stacks/base.yaml
  quadlet-fleet:hosts:
    stage-1: { address: 192.0.2.21, labels: { role: web } }
`,
  });
  assert.deepEqual(compared("staging", settings("staging"), "production", settings("production")), [
    "hosts.stage-1: only in staging",
    "hosts.web-[1-2]: only in production",
    "sites.www.environment.COLOUR: blue → (not set)",
    "sites.www.environment.LEVEL: info → warn",
    "sites.www.image: docker.io/library/nginx:1.28 → docker.io/library/nginx:1.27",
  ]);
  assert.deepEqual(compared("a", settings("staging"), "b", settings("staging")), []);
});

test("compare: several names in one line, and a site with another name", () => {
  const of = (sites: string) => {
    write({ [stackFile]: `config:\n  quadlet-fleet:sites: { ${sites} }\n` });
    return settings();
  };
  const site = (name: string, image: string) =>
    `${name}: { image: ${image}, manager: system, network: none }`;
  const one = of(`${site("blog", "a")}, ${site("shop", "a")}, ${site("www", "c")}`);
  assert.deepEqual(
    compared("x", one, "y", of(`${site("blog", "b")}, ${site("shop", "b")}, ${site("web", "d")}`)),
    ["sites.www.image: c → d", "sites.www: is called web in y", "sites.{blog,shop}.image: a → b"],
  );
  assert.deepEqual(
    compared("x", one, "y", of(`${site("blog", "a")}, ${site("shop", "a")}, web: { image: d }`)),
    ["sites.web: only in y", "sites.www: only in x"],
  );
});

test("the files of docs/environments.md, and what it says of them", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/environments.md"), "utf8");
  const blocks = [...page.matchAll(/```yaml\n# (\S+)\n([^]*?)```/g)];
  write(Object.fromEntries(blocks.map(([, name = "", text = ""]) => [name, `# ${name}\n${text}`])));
  const [site] = fleet().sites;
  assert.deepEqual(site?.hosts, ["web-1", "web-2"]);
  assert.deepEqual(site.args.environment, { LEVEL: "info" });
  const shown = explained(settings(), "sites.www.image");
  assert.ok(page.includes(shown), shown);
});

// The jobs that deploy them are in template-workflows.test.ts.
test("the stacks of docs/state.md", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/state.md"), "utf8");
  const blocks = new Map(
    [...page.matchAll(/```yaml\n# (\S+)\n([^]*?)```/g)].map(([, name = "", text = ""]) => [name, text]),
  );
  const region = "stacks/Pulumi.production-eu.yaml";
  write({
    ...Object.fromEntries(blocks),
    [stackFile]: blocks.get(region) ?? "",
    "hosts/production/eu.yaml": "web-1: { address: 192.0.2.11 }\n",
    "hosts/production/us.yaml": "web-2: { address: 192.0.2.12 }\n",
  });
  assert.deepEqual(
    fleet().sites.map(({ name, hosts }) => [name, hosts]),
    [["www", ["web-1"]]],
  );
});
