import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

// The program as a language host starts it, in any directory: it has to find the project's directory.

const root = join(import.meta.dirname, "../..");
const project = mkdtempSync(join(tmpdir(), "stacks-load-"));
after(() => rmSync(project, { recursive: true }));

const configuration = {
  "quadlet-fleet:hosts": { a: { address: "192.0.2.11", hostKey: "ssh-ed25519 AAAA" } },
  "quadlet-fleet:sites": {
    www: {
      hosts: ["a"],
      manager: "system",
      image: "localhost/nginx",
      listen: ["0.0.0.0:80"],
      nginx: { "default.conf": { file: "nginx.conf" } },
    },
  },
};

function load(env: NodeJS.ProcessEnv, cwd = tmpdir()): string {
  const program = `
    import { loadFleet } from ${JSON.stringify(join(root, "stacks/fleet.ts"))};
    try { console.log(loadFleet().sites[0].args.nginx["default.conf"]); } catch ({ message }) { console.log(message); }`;
  const all = Object.entries(configuration).map(([key, value]) => [key, JSON.stringify(value)]);
  return execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
    cwd,
    encoding: "utf8",
    env: {
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(all)),
      PULUMI_NODEJS_STACK: "load",
      PULUMI_NODEJS_PROJECT: "quadlet-fleet",
      ...env,
    },
  }).trim();
}

test("the one that the language host gives, also for the stack file", () => {
  writeFileSync(join(project, "nginx.conf"), "server { listen 80; }");
  const env = { PULUMI_NODEJS_ROOT_DIRECTORY: project };
  assert.equal(load(env), "server { listen 80; }");
  mkdirSync(join(project, "stacks"));
  writeFileSync(join(project, "stacks/Pulumi.load.yaml"), "quadlet-fleet:sites: {}\n");
  assert.match(load(env), /^the stack file .*\/stacks-load-\w+\/stacks\/Pulumi\.load\.yaml:/);
});

test("for a language host that gives none: that of the Pulumi.yaml where the program runs, or above", () => {
  writeFileSync(join(project, "Pulumi.yaml"), "name: x\n");
  mkdirSync(join(project, "program"));
  rmSync(join(project, "stacks"), { recursive: true });
  for (const cwd of [project, join(project, "program")]) assert.equal(load({}, cwd), "server { listen 80; }");
});
