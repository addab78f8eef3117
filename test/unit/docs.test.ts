import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { placeFleet } from "../../stacks/fleet.ts";
import { fleetSchema } from "../../stacks/schema.ts";
import { readTexts, textsFrom } from "../../stacks/texts.ts";
import { components } from "../../tools/docs/pages.ts";
import { makeCertificate } from "../certificates.ts";

// The stack files that people copy are valid.

const root = join(import.meta.dirname, "../..");
const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

/** The values that a stack file leaves to `pulumi config set`. */
const certificate = makeCertificate(["www.example.com"]);

function placements(text: string): string[] {
  const { config } = parse(text) as { config: Record<string, Record<string, { tls?: object }>> };
  const fleet = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace("quadlet-fleet:", ""), value]),
  );
  for (const site of Object.values(fleet.sites ?? {}))
    if (site.tls && !("acme" in site.tls)) Object.assign(site.tls, { ...certificate, ...site.tls });
  const { sites, proxies } = placeFleet(fleet);
  return [...sites, ...proxies].flatMap(({ name, hosts }) => hosts.map((host) => `${name}@${host}`));
}

test("stacks/Pulumi.example.yaml", () => {
  const text = readFileSync(join(root, "stacks/Pulumi.example.yaml"), "utf8");
  assert.deepEqual(placements(text), [
    "example1@web-1",
    "example2@web-1",
    "example3@web-1",
    "example4@web-1",
  ]);
});

const examples: Record<string, string[]> = {
  "fleet.yaml": ["www@web-1", "www@web-2"],
  "hardened.yaml": ["www@web-1"],
  "tls.yaml": ["www@web-1"],
  "unix.yaml": ["front@web-1"],
};

for (const file of readdirSync(join(root, "examples/stacks"))) {
  test(`examples/stacks/${file}: it says what it shows, and a page has it`, () => {
    const text = readFileSync(join(root, "examples/stacks", file), "utf8");
    assert.match(text, /^# [A-Z]/);
    assert.deepEqual(placements(text), examples[file]);
    const shown = Object.values(components).flatMap((component): string[] => [...component.examples]);
    assert.ok(shown.includes(`examples/stacks/${file}`));
  });
}

/** The blocks of code of one language in a document. */
function blocksOf(path: string, language: string): string[] {
  const text = readFileSync(join(root, path), "utf8");
  return [...text.matchAll(/^ *```(\w*)\n([\s\S]*?)^ *```$/gm)]
    .filter(([, its]) => its === language)
    .map(([, , block = ""]) => block.replace("ssh-ed25519 AAAA…", hostKey));
}

type Args = Record<string, unknown>;
type Config = Record<string, Record<string, Args>>;

const [stackFile = ""] = blocksOf("README.md", "yaml");

test("the stack file of README.md alone, in about 15 lines", () => {
  assert.equal(blocksOf("README.md", "yaml").length, 1);
  assert.deepEqual(placements(stackFile), ["www@web-1"]);
  assert.ok(stackFile.split("\n").length <= 18);
});

/** Page → where each of its blocks belongs in the stack file of README.md. */
const places: Record<string, ((config: Config) => Args | undefined)[]> = {
  "docs/environments.md": [() => ({}), () => ({}), () => ({})], // cli-environments.test.ts
  "docs/import-inventory.md": [() => ({}), () => ({})], // cli-import-inventory.test.ts
  "docs/hosts.md": [(config) => config["quadlet-fleet:hosts"]],
  "docs/sites.md": [(config) => config["quadlet-fleet:sites"]],
  "docs/proxies.md": [
    (config) => (config["quadlet-fleet:proxies"] ??= {}),
    (config) => config["quadlet-fleet:proxies"]?.front,
  ],
  "docs/hardening.md": [(config) => config["quadlet-fleet:sites"]?.www],
  "docs/commands.md": [(config) => config["quadlet-fleet:sites"]?.www],
  "docs/rollouts.md": [(config) => config["quadlet-fleet:sites"]?.www],
  "docs/stack-files.md": [() => ({})], // the test below
  "docs/state.md": [() => ({}), () => ({})], // cli-environments.test.ts
  "docs/tls.md": [(config) => config["quadlet-fleet:sites"]],
  "docs/acme.md": [(config) => config["quadlet-fleet:sites"]],
};

test("the stack file of README.md, with everything that the pages add to it", () => {
  const { config } = parse(stackFile) as { config: Config };
  for (const [page, its] of Object.entries(places)) {
    const blocks = blocksOf(page, "yaml");
    assert.equal(blocks.length, its.length, page);
    blocks.forEach((block, at) => {
      const place = its[at]?.(config);
      assert.ok(place, page);
      Object.assign(place, parse(block));
    });
  }
  const commands = Object.keys(places).flatMap((page) =>
    blocksOf(page, "sh").flatMap((block) => [...sets(block)]),
  );
  assert.deepEqual(
    commands.map((command) => set(config, command)),
    ["www.environment.TOKEN", "shop.tls.certificate", "shop.tls.key"].map(
      (path) => `quadlet-fleet:sites.${path}`,
    ),
  );
  assert.deepEqual(placements(JSON.stringify({ config })), [
    "www@web-1",
    "www@web-2",
    "front-page@web-1",
    "shop@web-2",
    "blog@web-2",
    "front@web-1",
  ]);
});

test("each hand-written page with YAML has its place above", () => {
  const generated = Object.values(components).map(({ page }): string => page);
  const withBlocks = readdirSync(join(root, "docs"))
    .map((file) => `docs/${file}`)
    .filter((path) => path.endsWith(".md") && !generated.includes(path) && blocksOf(path, "yaml").length > 0);
  assert.ok(withBlocks.length > 3);
  assert.deepEqual(
    withBlocks.filter((path) => !(path in places)),
    [],
  );
});

function sets(block: string): RegExpMatchArray[] {
  return [...block.matchAll(/pulumi config set --path (?:--secret )?'([^']+)' ?([^\n]*)/g)];
}

/** Sets what a reader is told to set. @returns the path */
function set(config: Config, command: RegExpMatchArray): string {
  const [, path = "", given = ""] = command;
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let within: Args = config;
  for (const key of keys) within = (within[key] ??= {}) as Args;
  const files: Args = { "<fullchain.pem": certificate.certificate, "<privkey.pem": certificate.key };
  within[last] = files[given] ?? (given === "" ? "…" : (parse(given) as unknown));
  return path;
}

test("the texts in files of docs/stack-files.md, where these are there", () => {
  const [block = ""] = blocksOf("docs/stack-files.md", "yaml");
  const project = mkdtempSync(join(tmpdir(), "docs-"));
  try {
    const { certificate: pem, key } = certificate;
    const conf = "server {\n  listen 80;\n  listen 443 ssl;\n}\n";
    const files = { "nginx/www.conf": conf, "certificates/www.pem": pem, "certificates/www.key": key };
    for (const [file, text] of Object.entries({ ...files, "secrets/token": "…\n" })) {
      mkdirSync(dirname(join(project, file)), { recursive: true });
      writeFileSync(join(project, file), text);
    }
    const site = { hosts: ["h"], manager: "system", image: "localhost/nginx", listen: ["0.0.0.0:80"] };
    const fleet = { hosts: { h: { address: "h" } }, sites: { s: { ...site, ...(parse(block) as object) } } };
    const { value, problems } = readTexts(fleetSchema, [], fleet, textsFrom(project));
    assert.deepEqual(problems, []);
    const args = placeFleet(value as object).sites[0]?.args;
    assert.deepEqual([args?.nginx, args?.tls], [{ "default.conf": conf }, certificate]);
  } finally {
    rmSync(project, { recursive: true });
  }
});
