import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { Stop } from "./stop.ts";

/** Next to cli/, both here and in the package. */
const template = join(import.meta.dirname, "../template");

/**
 * `quadlet-fleet new DIRECTORY`: makes a new project from the template.
 *
 * @throws Stop if the directory is not empty
 */
export function newProject(given: string): void {
  const directory = resolve(given);
  const project = basename(directory);
  if (!/^[a-z0-9][a-z0-9._-]{0,99}$/.test(project))
    throw new Stop(
      `"${project}" can't be the name of a project.\nName the directory with lower-case letters, digits, ".", "_" and "-", as npm and Pulumi want it.`,
    );
  if (project === packageJson.name)
    throw new Stop(
      `A project can't have the name of this library, ${packageJson.name}.\nChoose another directory.`,
    );
  const there = statSync(directory, { throwIfNoEntry: false });
  if (there && !there.isDirectory())
    throw new Stop(
      `${directory} is not a directory.\nNothing was written. Name a directory that does not exist yet.`,
    );
  if (there && readdirSync(directory).length > 0)
    throw new Stop(
      `${directory} is not empty.\nNothing was written. Name a directory that does not exist yet.`,
    );
  const files = readdirSync(template, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  for (const entry of files) {
    const from = join(entry.parentPath, entry.name);
    // npm packs no .gitignore.
    const to = join(directory, from.slice(template.length + 1)).replace(/gitignore$/, ".gitignore");
    mkdirSync(dirname(to), { recursive: true });
    const text = readFileSync(from, "utf8");
    writeFileSync(to, text.replaceAll("${PROJECT}", project).replaceAll("${VERSION}", packageJson.version));
  }
  console.log(`${directory} is a project now. Go on with its README.md.`);
}
