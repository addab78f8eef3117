import assert from "node:assert/strict";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Fleet, type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { engineEnvironment } from "../../tools/engine.ts";
import { execute } from "../../tools/execute.ts";
import { get, makeStack } from "./support/stack.ts";

// The packed library, installed as npm would, and the TypeScript example with it.

const root = join(import.meta.dirname, "../..");
let fleet: Fleet;
let host: TestHost;
let directory: string;

before(async () => {
  fleet = await createFleet({ name: "package", hosts: 1 });
  host = fleet.hosts[0] as TestHost;
  directory = await mkdtemp(join(tmpdir(), "quadlet-fleet-package-"));
  await cp(join(root, "examples/typescript"), directory, { recursive: true });
  const env = engineEnvironment(join(directory, "engine"));
  await execute(["npm", "pack", "--silent", "--pack-destination", directory, root], {
    env,
    timeoutMs: 300_000,
  });
  const packed = readdirSync(directory).find((name) => name.endsWith(".tgz")) as string;
  const installed = join(directory, "node_modules/quadlet-fleet");
  await execute(["mkdir", "-p", installed]);
  await execute(["tar", "-xzf", join(directory, packed), "-C", installed, "--strip-components=1"]);
  // Its dependencies, as they are installed here.
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (!name.startsWith("."))
      await symlink(join(root, "node_modules", name), join(directory, "node_modules", name));
  }
});

after(async () => {
  await rm(directory, { recursive: true, force: true });
  await rm(join(root, "dist"), { recursive: true, force: true });
  await fleet.dispose();
});

test("the package carries JavaScript, its types, its scripts and the plugin, and no sources", () => {
  const files = readdirSync(join(directory, "node_modules/quadlet-fleet"), { recursive: true }).map(String);
  for (const file of [
    "dist/components/index.js",
    "dist/components/index.d.ts",
    "dist/host/transaction/scripts/start.sh",
    "dist/provider/pulumi-resource-quadlet",
    "LICENSE",
    "README.md",
  ]) {
    assert.ok(files.includes(file), file);
  }
  assert.deepEqual(
    files.filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts")),
    [],
  );
});

test("examples/typescript: up, two pages, an empty preview, the status, destroy", async () => {
  await using stack = await makeStack("example", directory);
  await stack.run(["config", "set", "address", host.address]);
  await stack.run(["config", "set", "hostKey", host.hostKey]);
  await stack.run(["config", "set", "identityFile", fleet.identityFile]);
  await stack.up();
  assert.match((await get(fleet, `http://${host.address}:8080/`)).body, /Welcome to nginx!/);
  assert.equal((await get(fleet, `http://${host.address}/`)).body, "from TypeScript\n");
  await stack.expectNoChanges();
  const command = join(directory, "node_modules/quadlet-fleet/dist/cli/main.js");
  const env = engineEnvironment(join(stack.home, ".."));
  const status = [process.execPath, command, "status", "--stack", stack.name, "--json"];
  const { stdout } = await execute(status, { cwd: directory, env });
  const rows = JSON.parse(stdout) as { state: string }[];
  assert.deepEqual(
    rows.map(({ state }) => state),
    ["as deployed", "as deployed"],
  );
  await stack.run(["destroy", "--yes", "--skip-preview"]);
});
