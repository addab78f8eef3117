import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach } from "node:test";
import { ArgumentError } from "../../components/arguments/problems.ts";
import { readConfiguration } from "../../stacks/configuration.ts";
import { settingsOf } from "../../stacks/environment.ts";
import { placeFleet } from "../../stacks/fleet.ts";
import { readStackFile } from "../../stacks/secrets.ts";

/** The directory of a test's own project, with the files of its environments. */
export let project = "";
beforeEach(() => (project = mkdtempSync(join(tmpdir(), "layers-"))));
afterEach(() => rmSync(project, { recursive: true }));

export function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, name)), { recursive: true });
    writeFileSync(join(project, name), text);
  }
}

export const stackFile = "stacks/Pulumi.production.yaml";

/** The configuration as the program reads it, from the values that the engine hands over. */
export function configuration(name = stackFile) {
  const file = readStackFile(join(project, name), name);
  const all = Object.entries(file?.config ?? {}).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return readConfiguration(Object.fromEntries(all) as Record<string, string>, file, [], project);
}

export function fleet(name?: string) {
  const { value, places } = configuration(name);
  return placeFleet({ hosts: {}, ...value }, (problems) => places.locate(problems));
}

export function refusal(action: () => unknown): string[] {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof ArgumentError) return thrown.message.split("\n");
    throw thrown;
  }
  return [];
}

export const base = `sites:
  www:
    hosts: { labels: { role: web } }
    manager: system
    image: docker.io/library/nginx:1.28
    listen: ["0.0.0.0:80"]
    environment: { LEVEL: info, COLOUR: blue }
`;
export const inventory = `web-1: { address: 192.0.2.11, labels: { role: web } }
web-2: { address: 192.0.2.12, labels: { role: web } }
`;
export const production = `config:
  quadlet-fleet:extends: stacks/base.yaml
  quadlet-fleet:inventory: hosts/production.yaml
  quadlet-fleet:sites:
    www:
      image: docker.io/library/nginx:1.27
      environment: { LEVEL: warn, COLOUR: null }
`;
export const three = {
  "stacks/base.yaml": base,
  "hosts/production.yaml": inventory,
  [stackFile]: production,
};

/** The configuration as `explain` and `compare` read it. */
export function settings(stack = "production") {
  return settingsOf(project, stack) ?? assert.fail();
}
