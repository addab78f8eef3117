import { entryAt, entryOf } from "./entry.ts";

/** The settings of an environment: path → value. */
type Values = ReadonlyMap<string, string>;

/** The entries of an environment by their paths, "sites.www": what is below the path → value. */
function entriesOf(values: Values): Map<string, Map<string, string>> {
  const entries = new Map<string, Map<string, string>>();
  for (const [path, value] of values) {
    const entry = entryAt(path);
    entries.set(
      entry,
      (entries.get(entry) ?? new Map<string, string>()).set(path.slice(entry.length), value),
    );
  }
  return entries;
}

/**
 * Sites and proxies that have another name in the other environment: at least half of their settings are the same. Pure.
 *
 * @returns the path of the entry in the other environment → its path in the first one
 */
export function renamed(one: Values, other: Values): Map<string, string> {
  const [ofOne, ofOther] = [entriesOf(one), entriesOf(other)];
  const found = new Map<string, string>();
  for (const [path, mine] of ofOne) {
    const { kind } = entryOf(path);
    if (ofOther.has(path) || kind === "hosts") continue;
    const alike = [...ofOther]
      .filter(([to]) => !ofOne.has(to) && !found.has(to) && entryOf(to).kind === kind)
      .map(([to, theirs]) => ({ to, share: sameIn(mine, theirs) / Math.max(mine.size, theirs.size) }))
      .filter(({ share }) => share >= 0.5)
      .sort((left, right) => right.share - left.share);
    if (alike[0] !== undefined) found.set(alike[0].to, path);
  }
  return found;
}

function sameIn(one: Values, other: Values): number {
  return [...one].filter(([path, value]) => other.get(path) === value).length;
}
