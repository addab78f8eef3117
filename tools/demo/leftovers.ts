import { existsSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { cacheDirectory } from "../cache.ts";
import { execute } from "../execute.ts";
import { dataDirectory, readState } from "../fleet/layout.ts";
import { removeFleet } from "../fleet/remove.ts";
import { engine, openStack, stateDirectory } from "./engine.ts";
import { isThrowaway } from "./host.ts";
import { say } from "./say.ts";
import { readConnection, stackFile } from "./stack-file.ts";

const root = join(import.meta.dirname, "../..");

/** The parts of the demo that exist: what `make demo-clean` removes. */
export async function ofDemo(): Promise<string[]> {
  const connection = readConnection();
  const own = connection && !isThrowaway(connection);
  const hosts = readState("demo")?.hosts ?? [];
  const addresses = hosts.map(({ address }) => address).join(", ");
  return [
    ...(own && existsSync(stateDirectory) ? [`the demo's sites on ${connection.address}`] : []),
    ...(hosts.length > 0
      ? [`the throwaway host ${addresses}, in ${await sized(dataDirectory("demo"))}`]
      : []),
    ...(existsSync(stackFile) ? [`its stack file ${relative(process.cwd(), stackFile)}`] : []),
    ...(existsSync(stateDirectory) ? [`Pulumi's state of it, ${await sized(stateDirectory)}`] : []),
  ];
}

/** Everything that setup has made and the tests use too, and how to remove it. */
export async function ofSetup(): Promise<string[]> {
  const modules = join(root, "node_modules");
  const packages = join(cacheDirectory, "packages.log");
  const cache = await sized(cacheDirectory, ["--exclude=fleets", "--exclude=demo"]);
  return [
    `what setup and the tests keep, ${cache}: rm -r ${cacheDirectory}`,
    `the npm packages, ${await sized(modules)}: rm -r ${modules}`,
    ...(existsSync(packages) ? [`the Debian packages that ${packages} lists: apt-get remove`] : []),
    `what npm and Go keep for all your projects: npm cache clean --force${existsSync(join(cacheDirectory, "engine/language-host")) ? "; go clean -cache -modcache" : ""}`,
  ];
}

/** A directory, and how much is in it. */
async function sized(directory: string, options: readonly string[] = []): Promise<string> {
  // du fails if a file of a running host disappears meanwhile.
  const { stdout } = await execute(["du", "-sh", ...options, "--", directory], { check: false });
  return `${directory} (${stdout.split("\t", 1)[0] || "?"})`;
}

/** Removes everything that the demo has made, and says what. */
export async function removeDemo(): Promise<void> {
  const connection = readConnection();
  const there = await ofDemo();
  // A throwaway host need not be tidied first.
  if (connection && existsSync(stateDirectory) && !isThrowaway(connection)) await destroy(connection.address);
  // Also removes what is left of a host that did not finish booting.
  removeFleet("demo");
  forget();
  for (const one of there) console.log(`removed: ${one}`);
  if (there.length === 0) console.log("there is nothing of the demo to remove");
  for (const one of await ofSetup()) console.log(`stays: ${one}`);
}

async function destroy(address: string): Promise<void> {
  say(`pulumi destroy on ${address}`, "10 s");
  await openStack();
  const argv = ["destroy", "--yes", "--skip-preview", "--suppress-progress"];
  const { code, stdout, stderr } = await engine(argv, { check: false });
  if (code !== 0) throw new Error(`${stdout}${stderr}\nNothing else was removed.`);
}

/** Removes what the demo has written on this machine. */
export function forget(): void {
  rmSync(stateDirectory, { recursive: true, force: true });
  rmSync(stackFile, { force: true });
}
