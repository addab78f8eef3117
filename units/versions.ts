import { isQuadlet } from "./kinds.ts";
import { podmanKeys } from "./podman-keys.ts";
import { statements } from "./statements.ts";
import { sectionsOf } from "./values.ts";

/** A key of a quadlet that the host's podman does not know yet. */
export interface TooNew {
  section: string;
  key: string;
  /** The podman version that introduced the key: "5.5". */
  since: string;
  /** The host's podman version, as it was given. */
  host: string;
}

/** The oldest podman that the units work with: the one that introduced `[Quadlet] DefaultDependencies=`. */
export const oldestPodman = "5.3";

/** Section → key → the version that introduced it. */
const since = new Map<string, Map<string, string>>();
for (const [version, sections] of Object.entries(podmanKeys)) {
  for (const [section, keys] of Object.entries(sections)) {
    const known = since.get(section) ?? new Map<string, string>();
    since.set(section, known);
    for (const key of keys.trim().split(/\s+/)) known.set(key, version);
  }
}

/**
 * The keys of a quadlet that need a newer podman than the host has: its generator would leave out the whole service. Each key once, in the
 * order of the file. Keys that no version knows are not reported. Empty for a file that is not a quadlet or can't be read.
 *
 * @param podmanVersion as `podman version` prints it: "5.4.2"
 * @throws RangeError for a text that is not a version
 * @example
 * ```ts
 * tooNew("web.container", "[Container]\nReloadSignal=SIGHUP\n", "5.4.2");
 * // [{ section: "Container", key: "ReloadSignal", since: "5.5", host: "5.4.2" }]
 * ```
 */
export function tooNew(fileName: string, text: string, podmanVersion: string): TooNew[] {
  if (!isQuadlet(fileName)) return [];
  const found = new Map<string, TooNew>();
  for (const { name: section, entries } of sectionsOf(text, fileName)) {
    for (const { key } of entries) {
      const version = since.get(section)?.get(key);
      if (version === undefined || compareVersions(podmanVersion, version) >= 0) continue;
      found.set(`${section}.${key}`, { section, key, since: version, host: podmanVersion });
    }
  }
  return [...found.values()];
}

/** From this version on, podman joins lines as statements.ts says. */
export const joinsLinesSince = "5.4";

/**
 * The first line, from 1, at which podman before {@link joinsLinesSince} joins a quadlet's lines differently: a comment or an empty line
 * between continued lines, or a comment that begins with ";" and ends with a backslash. It reads the comment as a part of the value, and
 * its generator hangs at an empty line.
 *
 * @see https://github.com/containers/podman/issues/24810
 * @example misjoinedLine("web.container", "[Container]\nExec=a \\\n\n  b\n") // 3
 */
export function misjoinedLine(fileName: string, text: string): number | undefined {
  if (!isQuadlet(fileName)) return undefined;
  for (const { text: statement, isComment, line, gap } of statements(text, fileName)) {
    if (gap !== undefined) return gap;
    if (isComment && statement.startsWith(";") && statement.endsWith("\\")) return line;
  }
  return undefined;
}

/**
 * Compares versions by their numbers. Missing numbers are 0, and a suffix ("-rc1", "-dev", "+ds1") does not count, because a release
 * candidate has the keys of its release.
 *
 * @returns less than, equal to or greater than 0, as for sort()
 * @throws RangeError for a text that does not begin with a number
 * @example compareVersions("5.10.0", "5.9") // 1
 */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [numbersOf(left), numbersOf(right)];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

function numbersOf(version: string): number[] {
  const numbers = /^v?(\d+(?:\.\d+)*)/.exec(version)?.[1];
  if (numbers === undefined) throw new RangeError(`"${version}" is not a version such as "5.4.2".`);
  return numbers.split(".").map(Number);
}
