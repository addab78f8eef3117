import { isQuadlet } from "./names.ts";
import { parse } from "./parse.ts";
import { podmanKeys } from "./podman-keys.ts";

/** A key of a quadlet that the host's podman does not know yet. */
export interface TooNew {
  section: string;
  key: string;
  /** The podman version that brought the key: "5.5". */
  since: string;
  /** The host's podman version, as it was given. */
  host: string;
}

/** The oldest podman that the units work with: the one that brought `[Quadlet] DefaultDependencies=`. */
export const oldestPodman = "5.3";

/** Section → key → since. */
const since = new Map<string, Map<string, string>>();
for (const [version, sections] of Object.entries(podmanKeys)) {
  for (const [section, keys] of Object.entries(sections)) {
    const known = since.get(section) ?? new Map<string, string>();
    since.set(section, known);
    for (const key of keys.trim().split(/\s+/)) known.set(key, version);
  }
}

/**
 * The keys of a quadlet that need a newer podman than the host has: its generator would leave out the whole service.
 * Each once, in the order of the file. Keys that no version knows are not told; for a file that is no quadlet, nothing.
 *
 * @param podmanVersion as `podman version` has it: "5.4.2"
 * @throws UnitSyntaxError for text that can't be read, RangeError for a version that is none
 * @example
 * ```ts
 * tooNew("web.container", "[Container]\nReloadSignal=SIGHUP\n", "5.4.2");
 * // [{ section: "Container", key: "ReloadSignal", since: "5.5", host: "5.4.2" }]
 * ```
 */
export function tooNew(fileName: string, text: string, podmanVersion: string): TooNew[] {
  if (!isQuadlet(fileName)) return [];
  const found = new Map<string, TooNew>();
  for (const { name: section, entries } of parse(text, fileName).sections) {
    for (const entry of entries) {
      const version = "key" in entry ? since.get(section)?.get(entry.key) : undefined;
      if (!("key" in entry) || version === undefined || compareVersions(podmanVersion, version) >= 0)
        continue;
      found.set(`${section}.${entry.key}`, { section, key: entry.key, since: version, host: podmanVersion });
    }
  }
  return [...found.values()];
}

/** The podman version that brought a key of a quadlet's section, or undefined for one that is not known. */
export function podmanSince(section: string, key: string): string | undefined {
  return since.get(section)?.get(key);
}

/**
 * Compares by the numbers: missing ones are 0, and what follows them ("-rc1", "-dev", "+ds1") does not count, as a
 * release candidate has the keys of its release.
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
  if (numbers === undefined) throw new RangeError(`"${version}" is no version: "5.4.2" is the form.`);
  return numbers.split(".").map(Number);
}
