import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { placeFleet } from "../../stacks/fleet.ts";
import { fleetSchema } from "../../stacks/schema.ts";
import { readTexts } from "../../stacks/texts.ts";
import { components } from "../../tools/docs/pages.ts";
import { makeCertificate } from "../certificates.ts";

// The stack files that people copy are right.

const root = join(import.meta.dirname, "../..");
const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

/** What a stack file leaves to `pulumi config set`. */
const certificate = makeCertificate(["www.example.com"]);

function placements(text: string): string[] {
  const { config } = parse(text) as { config: Record<string, Record<string, { tls?: object }>> };
  const fleet = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace("quadlet-fleet:", ""), value]),
  );
  for (const site of Object.values(fleet.sites ?? {}))
    if (site.tls) Object.assign(site.tls, { ...certificate, ...site.tls });
  const { sites, proxies } = placeFleet(fleet);
  return [...sites, ...proxies].map(({ name, host }) => `${name}@${host}`);
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

const readme = readFileSync(join(root, "README.md"), "utf8");
const isStackFile = (block: string) => block.includes("quadlet-fleet:");
const blocks = [...readme.matchAll(/^ *```yaml\n([\s\S]*?)^ *```$/gm)].map(([, block = ""]) =>
  block.replace("ssh-ed25519 AAAA…", hostKey),
);

/** What a reader is told to set. @returns where */
function set(config: Args, command: RegExpMatchArray): string {
  const [, path = "", given = ""] = command;
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let within = config;
  for (const key of keys) within = (within[key] ??= {}) as Args;
  const files: Args = { "<fullchain.pem": certificate.certificate, "<privkey.pem": certificate.key };
  within[last] = files[given] ?? (given === "" ? "…" : (parse(given) as unknown));
  return path;
}

type Args = Record<string, unknown>;

test("README.md from top to bottom: its stack file, and all that comes to it later", () => {
  const [stackFile = "", ...others] = blocks.filter(isStackFile);
  assert.deepEqual(others, []);
  assert.ok(stackFile.includes(hostKey));
  const { config } = parse(stackFile) as { config: Record<string, Record<string, Args>> };

  const commands = [...readme.matchAll(/pulumi config set --path (?:--secret )?'([^']+)' ?([^\n`]*)/g)];
  assert.deepEqual(
    commands.map((command) => set(config, command)),
    ["environment.TOKEN", "tls.redirect", "tls.certificate", "tls.key"].map(
      (path) => `quadlet-fleet:sites.example2.${path}`,
    ),
  );
  const later = blocks.filter((block) => !isStackFile(block));
  const kinds = { "backends:": "proxies", proxy_set_header: "of a proxy", "file:": "with files" };
  const kindOf = (block: string) =>
    Object.entries(kinds).find(([sign]) => block.includes(sign))?.[1] ?? "of a site";
  const { proxies = [], ...parts } = Object.groupBy(later, kindOf);
  assert.deepEqual(
    [proxies, ...["of a proxy", "of a site", "with files"].map((kind) => parts[kind])].map(
      (one) => one?.length,
    ),
    [1, 1, 1, 1],
  );
  const add = (to: Args | undefined, more: readonly string[] = []) =>
    Object.assign(to ?? {}, ...more.map((block) => parse(block) as Args)) as Args;
  add(config["quadlet-fleet:sites"]?.example1, parts["of a site"]);
  const all = add(config["quadlet-fleet:proxies"], proxies);
  add(all.front as Args, parts["of a proxy"]);

  assert.deepEqual(placements(JSON.stringify({ config })), [
    "example1@web-1",
    "example2@web-1",
    "example2@web-2",
    "example3@web-1",
    "example4@web-1",
    "front@web-1",
  ]);
});

test("README.md's texts in files, where these are there", () => {
  const [block = ""] = blocks.filter((one) => one.includes("file:"));
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
    const { value, problems } = readTexts(fleetSchema, [], fleet, project);
    assert.deepEqual(problems, []);
    const args = placeFleet(value as object).sites[0]?.args;
    assert.deepEqual([args?.nginx, args?.tls], [{ "default.conf": conf }, certificate]);
  } finally {
    rmSync(project, { recursive: true });
  }
});

test("the stack file of README.md alone", () => {
  assert.equal(placements(blocks.filter(isStackFile).join("")).length, 5);
});
