/** The kinds of changes, in the words of keepachangelog.com/en/1.1.0. */
const kinds = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
const unreleased = "## Unreleased";

/** A release can't be made. The message says why, and what to do. */
export class ReleaseError extends Error {}

/**
 * The changelog of a release: the unreleased changes get the version and the date, and an empty section is for the next changes. Pure.
 *
 * @param date as 2026-11-30
 * @throws ReleaseError if there is nothing to release, an entry has no kind, or the version is not a later one
 */
export function released(changelog: string, version: string, date: string): string {
  const numbers = numbersOf(version);
  if (numbers === undefined)
    throw new ReleaseError(`"${version}" is not a version: write three numbers, for example 0.2.0.`);
  const last = lastVersion(changelog);
  if (last !== undefined && !isLater(numbers, numbersOf(last) ?? []))
    throw new ReleaseError(`${version} is not later than ${last}, the last version in CHANGELOG.md.`);
  const lines = changelog.split("\n");
  const start = lines.indexOf(unreleased);
  if (start < 0)
    throw new ReleaseError(`CHANGELOG.md has no "${unreleased}": add it above the last version.`);
  checkEntries(section(lines, start), start + 2);
  return lines.toSpliced(start, 1, unreleased, "", `## ${version} - ${date}`).join("\n");
}

/** The section of a version in CHANGELOG.md, without its heading. Pure; undefined if there is no such version. */
export function notesOf(changelog: string, version: string): string | undefined {
  const lines = changelog.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`## ${version} - `));
  return start < 0 ? undefined : `${section(lines, start).join("\n").trim()}\n`;
}

function lastVersion(changelog: string): string | undefined {
  return /^## (\d+\.\d+\.\d+) - /m.exec(changelog)?.[1];
}

/** The lines below a heading, up to the next one of its level. */
function section(lines: readonly string[], start: number): string[] {
  const end = lines.findIndex((line, at) => at > start && line.startsWith("## "));
  return lines.slice(start + 1, end < 0 ? undefined : end);
}

function checkEntries(lines: readonly string[], firstLine: number): void {
  let kind: string | undefined;
  let count = 0;
  for (const [at, line] of lines.entries()) {
    const where = `CHANGELOG.md:${firstLine + at}`;
    if (line.startsWith("### ")) {
      kind = line.slice(4);
      if (!kinds.includes(kind))
        throw new ReleaseError(
          `${where}: "${kind}" is not a kind of change. There are: ${kinds.join(", ")}.`,
        );
    }
    if (!line.startsWith("- ")) continue;
    if (kind === undefined)
      throw new ReleaseError(`${where}: this entry has no kind. Move it below "### Added", for example.`);
    count++;
  }
  if (count === 0)
    throw new ReleaseError(`Nothing to release: CHANGELOG.md has no entry below "${unreleased}".`);
}

function numbersOf(version: string): number[] | undefined {
  const number = "(0|[1-9]\\d*)";
  const found = new RegExp(`^${number}\\.${number}\\.${number}$`).exec(version);
  return found?.slice(1).map(Number);
}

/** By number, so that 0.10.0 is later than 0.9.0. */
function isLater(one: readonly number[], other: readonly number[]): boolean {
  const at = one.findIndex((number, index) => number !== other[index]);
  return at >= 0 && (one[at] ?? 0) > (other[at] ?? 0);
}
