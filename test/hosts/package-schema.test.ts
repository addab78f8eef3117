import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pulumi } from "../../tools/engine.ts";

// The engine reads the package schema, from which it makes the SDKs of other languages. This needs no host.

const root = join(import.meta.dirname, "../..");
const directory = await mkdtemp(join(tmpdir(), "quadlet-fleet-schema-"));
const file = join(directory, "schema.json");

after(() => rm(directory, { recursive: true, force: true }));

async function check(schema: string): Promise<void> {
  await writeFile(file, schema);
  await pulumi(directory, ["schema", "check", file]);
}

test("the engine gets the schema from the plugin, and finds nothing wrong with it", async () => {
  const { stdout } = await pulumi(directory, [
    "package",
    "get-schema",
    join(root, "provider/pulumi-resource-quadlet"),
  ]);
  await check(stdout);
  const withoutSudo = stdout.replace('"quadlet:index:Sudo": {', '"quadlet:index:Other": {');
  await assert.rejects(check(withoutSudo), /Sudo not found/);
});
