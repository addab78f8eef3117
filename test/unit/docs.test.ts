import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { placeFleet } from "../../stacks/fleet.ts";
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
const isProxy = (block: string) => block.includes("backends:");
const isOfProxy = (block: string) => block.includes("proxy_set_header");
const all = [...readme.matchAll(/^ *```yaml\n([\s\S]*?)^ *```$/gm)].map(([, block = ""]) => block);

test("the stack file of README.md", () => {
  const blocks = all.filter(isStackFile);
  assert.equal(blocks.length, 1);
  const text = blocks.join("").replace("ssh-ed25519 AAAA…", hostKey);
  assert.ok(text.includes(hostKey));
  assert.deepEqual(placements(text), [
    "example1@web-1",
    "example2@web-1",
    "example2@web-2",
    "example3@web-1",
    "example4@web-1",
  ]);
});

test("parts of a site in README.md", () => {
  const parts = all.filter((block) => !isStackFile(block) && !isProxy(block) && !isOfProxy(block));
  assert.equal(parts.length, 1);
  for (const part of parts) {
    const site = {
      hosts: ["web-1"],
      manager: "system",
      image: "docker.io/library/nginx:latest",
      listen: ["80"],
    };
    const fleet = {
      hosts: { "web-1": { address: "192.0.2.11", hostKey } },
      sites: { web: { ...site, ...(parse(part) as object) } },
    };
    assert.equal(placeFleet(fleet).sites.length, 1);
  }
});

test("the proxies of README.md", () => {
  const blocks = all.filter((block) => !isStackFile(block) && isProxy(block));
  const proxies = Object.assign({}, ...blocks.map((block) => parse(block) as object)) as { front: object };
  assert.deepEqual(Object.keys(proxies), ["front"]);
  const parts = all.filter((block) => !isStackFile(block) && isOfProxy(block));
  assert.equal(parts.length, 1);
  for (const more of [{}, ...parts.map((part) => parse(part) as object)]) {
    const fleet = placeFleet({
      hosts: { "web-1": { address: "192.0.2.11", hostKey } },
      proxies: { front: { ...proxies.front, ...more } },
    });
    assert.equal(fleet.proxies.length, 1);
  }
});
