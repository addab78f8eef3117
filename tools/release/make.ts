import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execute } from "../execute.ts";
import { ReleaseError, notesOf, released } from "./changelog.ts";
import { setVersion } from "./versions.ts";

export interface Release {
  /** The repository. */
  readonly root: string;
  readonly version: string;
  /** The day of the release, as 2026-11-30. */
  readonly date: string;
  /** Builds all files, but makes no commit and no tag. Reasons against the release are only reported. */
  readonly dry: boolean;
  /** Writes the files of the release from this checkout into dist-release/. */
  readonly build: (checkout: string) => Promise<void>;
}

/**
 * Makes a release in this repository: version and changelog, the files in dist-release/, a commit and a tag. It works in its own
 * checkout, so the files are made from what is committed, and the repository changes only when everything has succeeded.
 *
 * @returns why the release would be refused: empty, unless it is a dry run
 * @throws ReleaseError with every reason against the release; nothing is changed then
 */
export async function makeRelease(release: Release): Promise<string[]> {
  const { root, version, date, dry, build } = release;
  const git = async (directory: string, ...argv: string[]) =>
    (await execute(["git", ...argv], { cwd: directory })).stdout.trim();
  const problems = await refusals(release, (...argv) => git(root, ...argv));
  if (problems.length > 0 && !dry) throw new ReleaseError(problems.join("\n"));

  const parent = mkdtempSync(join(tmpdir(), "quadlet-fleet-release-"));
  const checkout = join(parent, "checkout");
  await git(root, "worktree", "add", "--quiet", "--detach", checkout, "HEAD");
  try {
    symlinkSync(join(root, "node_modules"), join(checkout, "node_modules"));
    const path = join(checkout, "CHANGELOG.md");
    const changelog = attempt(() => released(readFileSync(path, "utf8"), version, date));
    if (typeof changelog === "string") writeFileSync(path, changelog);
    setVersion(checkout, version);
    await build(checkout);
    if (dry) return problems;
    const tag = `v${version}`;
    await git(checkout, "commit", "--quiet", "--all", "--message", `tools: release ${version}`);
    const commit = await git(checkout, "rev-parse", "HEAD");
    const notes = notesOf(readFileSync(path, "utf8"), version) ?? "";
    // "whitespace" keeps the lines that begin with "#": they are headings of the notes, not comments.
    const message = ["--cleanup=whitespace", "--message", tag, "--message", notes];
    await git(root, "tag", "--annotate", ...message, tag, commit);
    await git(root, "merge", "--quiet", "--ff-only", commit);
    return [];
  } finally {
    await git(root, "worktree", "remove", "--force", checkout);
    rmSync(parent, { recursive: true, force: true });
  }
}

/**
 * Writes what CI publishes for a tag: the files of dist-release/, and NOTES.md.
 *
 * @throws ReleaseError if the tag is not the one of this checkout's version
 */
export async function buildTagged(root: string, tag: string, build: Release["build"]): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const notes = notesOf(readFileSync(join(root, "CHANGELOG.md"), "utf8"), version);
  if (tag !== `v${version}`)
    throw new ReleaseError(
      `The tag is ${tag}, and package.json has ${version}. Make releases by "make release".`,
    );
  if (notes === undefined) throw new ReleaseError(`CHANGELOG.md does not have ${version}.`);
  await build(root);
  writeFileSync(join(root, "dist-release/NOTES.md"), notes);
}

async function refusals(
  { version, date }: Release,
  git: (...argv: string[]) => Promise<string>,
): Promise<string[]> {
  const problems: string[] = [];
  const branch = await git("rev-parse", "--abbrev-ref", "HEAD");
  if (branch !== "main") problems.push(`This is the branch ${branch}: releases are made on main.`);
  if ((await git("status", "--porcelain")) !== "")
    problems.push(
      "There are changes that are not committed: commit or remove them. A dry run leaves them out.",
    );
  if ((await git("tag", "--list", `v${version}`)) !== "")
    problems.push(`There is a tag v${version}. To make the release again: git tag --delete v${version}`);
  if (!("repository" in (JSON.parse(await git("show", "HEAD:package.json")) as object)))
    problems.push(
      'package.json has no "repository", which npm compares with the source of a provenance (docs/releasing.md).',
    );
  const changelog = await git("show", "HEAD:CHANGELOG.md");
  const problem = attempt(() => released(changelog, version, date));
  if (problem instanceof ReleaseError) problems.push(problem.message);
  return problems;
}

function attempt<T>(action: () => T): T | ReleaseError {
  try {
    return action();
  } catch (error) {
    if (error instanceof ReleaseError) return error;
    throw error;
  }
}
