import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Manifest {
  version?: string;
  dependencies?: Record<string, string>;
  packages?: Record<string, Manifest>;
}

/** Sets the version of the package. The plugin, the command line and new projects read it there; the examples ask for it. */
export function setVersion(root: string, version: string): void {
  edit(root, "package.json", (manifest) => {
    manifest.version = version;
  });
  edit(root, "package-lock.json", (lock) => {
    lock.version = version;
    const own = lock.packages?.[""];
    if (own !== undefined) own.version = version;
  });
  for (const example of ["policies", "typescript"])
    edit(root, `examples/${example}/package.json`, ({ dependencies = {} }) => {
      dependencies["quadlet-fleet"] = `^${version}`;
    });
}

/** Changes a JSON file, and writes it as npm does. */
function edit(root: string, name: string, change: (manifest: Manifest) => void): void {
  const path = join(root, name);
  const manifest = JSON.parse(readFileSync(path, "utf8")) as Manifest;
  change(manifest);
  writeFileSync(path, `${JSON.stringify(manifest, undefined, 2)}\n`);
}
