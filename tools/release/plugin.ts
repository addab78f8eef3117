import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { execute } from "../execute.ts";

/** The platforms that run the provider's shell script. The engine asks for an archive by these names; all have the same bytes. */
const platforms = ["darwin-amd64", "darwin-arm64", "linux-amd64", "linux-arm64"];

/** The rooms that the plugin is made of (CONTRIBUTING.md). */
const rooms = ["host", "provider", "resources", "rollout", "units"];

/** The packages that these rooms load. Of @pulumi/pulumi, which is large, the plugin loads only the messages of gRPC. */
const packages = ["@grpc/grpc-js", "google-protobuf", "node-ssh", "ssh2"];
const messages = "@pulumi/pulumi/proto";

/** The time of each file, as in npm's tarballs, so that the same content gives the same bytes. */
const time = "1985-10-26T08:15:00Z";

/**
 * Writes the archives of the plugin for `pulumi plugin install`, with everything that it needs except Node. Without a PulumiPlugin.yaml
 * the engine starts the executable by itself, and installs no packages from a registry.
 *
 * @param root a checkout in which tools/build.sh has made dist/
 * @param staging an empty directory, for the content of the archive
 * @returns the names of the archives
 */
export async function writePlugin(root: string, staging: string, directory: string): Promise<string[]> {
  const dist = join(root, "dist");
  const isLoaded = (path: string) => !/\.d\.c?ts$/.test(path);
  for (const room of rooms)
    cpSync(join(dist, room), join(staging, room), { recursive: true, filter: isLoaded });
  for (const [from, name] of [
    [dist, "package.json"],
    [root, "LICENSE"],
  ] as const)
    cpSync(join(from, name), join(staging, name));
  const starter = '#!/bin/sh\nexec "${0%/*}/provider/pulumi-resource-quadlet" "$@"\n';
  writeFileSync(join(staging, "pulumi-resource-quadlet"), starter, { mode: 0o755 });

  const installed = join(root, "node_modules");
  const copied = join(staging, "node_modules");
  for (const from of closure(installed)) copyPackage(join(installed, from), join(copied, from));
  for (const name of [messages, "@pulumi/pulumi/LICENSE", "@pulumi/pulumi/package.json"])
    copyPackage(join(installed, name), join(copied, name));

  const options = ["--sort=name", `--mtime=${time}`, "--owner=0", "--group=0", "--numeric-owner"];
  const modes = "--mode=u+rwX,go+rX,go-w";
  const tar = join(directory, "plugin.tar");
  await execute([
    "tar",
    "--create",
    "--format=ustar",
    ...options,
    modes,
    `--file=${tar}`,
    "-C",
    staging,
    ".",
  ]);
  const archive = gzipSync(readFileSync(tar), { level: 9 });
  rmSync(tar);
  const { version } = manifest(root);
  const names = platforms.map((platform) => `pulumi-resource-quadlet-v${version}-${platform}.tar.gz`);
  for (const name of names) writeFileSync(join(directory, name), archive);
  return names;
}

/** These packages and what they depend on, as paths below node_modules; optional packages, which are compiled, are left out. */
function closure(installed: string): Set<string> {
  const found = new Set<string>();
  const add = (name: string, from: string): void => {
    // As Node resolves it: first inside the package that imports it, then in the top directory.
    const nested = join(from, "node_modules", name);
    const path = existsSync(join(installed, nested)) ? nested : name;
    if (found.has(path)) return;
    found.add(path);
    const { dependencies = {}, optionalDependencies = {} } = manifest(join(installed, path));
    for (const one of Object.keys(dependencies)) if (!(one in optionalDependencies)) add(one, path);
  };
  for (const name of packages) add(name, "");
  return found;
}

/** Copies a package without types, maps, TypeScript and tests, which Node does not load. */
function copyPackage(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, {
    recursive: true,
    filter: (path) => !/\.[cm]?ts$|\.map$|[/](node_modules|test)$/.test(path.slice(from.length)),
  });
}

interface Manifest {
  version: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

function manifest(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;
}
