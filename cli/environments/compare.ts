import { fold } from "../../rollout/fold.ts";
import type { Setting } from "../../stacks/environment.ts";
import { harmless } from "../output.ts";
import { entryAt, entryOf } from "./entry.ts";
import { renamed } from "./renamed.ts";
import { readSettings } from "./settings.ts";

/**
 * `quadlet-fleet compare ONE OTHER`: how two environments differ.
 *
 * @returns the exit status: 0 if nothing differs, otherwise 3
 */
export async function compare(one: string, other: string): Promise<number> {
  const lines = compared(one, await readSettings(one), other, await readSettings(other));
  process.stdout.write(lines.map((line) => `${harmless(line)}\n`).join(""));
  return lines.length === 0 ? 0 : 3;
}

/** Pure. Hosts, sites or proxies with the same difference share a line. A renamed site is compared by its name in the first environment. */
export function compared(
  one: string,
  ofOne: readonly Setting[],
  other: string,
  ofOther: readonly Setting[],
): string[] {
  const [left, named] = [byPath(ofOne), byPath(ofOther)];
  const renames = renamed(left, named);
  const right = new Map(
    [...named].map(([path, value]) => {
      const entry = entryAt(path);
      return [`${renames.get(entry) ?? entry}${path.slice(entry.length)}`, value];
    }),
  );
  const groups = new Map<string, { kind: string; rest: string; says: string; names: string[] }>();
  const say = (path: string, says: string) => {
    const { kind, name, rest } = entryOf(path);
    const key = JSON.stringify([kind, rest, says]);
    const group = groups.get(key) ?? { kind, rest, says, names: [] };
    if (name !== undefined && !group.names.includes(name)) group.names.push(name);
    groups.set(key, group);
  };
  for (const [to, from] of renames) say(from, `is called ${entryOf(to).name ?? ""} in ${other}`);
  const entries = (settings: ReadonlyMap<string, string>) => new Set([...settings.keys()].map(entryAt));
  const [leftEntries, rightEntries] = [entries(left), entries(right)];
  for (const path of new Set([...left.keys(), ...right.keys()])) {
    const [mine, theirs] = [left.get(path), right.get(path)];
    if (mine === theirs) continue;
    const entry = entryAt(path);
    if (!rightEntries.has(entry)) say(entry, `only in ${one}`);
    else if (!leftEntries.has(entry)) say(entry, `only in ${other}`);
    else say(path, `${mine ?? "(not set)"} → ${theirs ?? "(not set)"}`);
  }
  return [...groups.values()]
    .map(({ kind, names, rest, says }) => {
      const folded = fold(names);
      // As a shell writes several names.
      const several = folded.includes(", ") ? `{${folded.replaceAll(", ", ",")}}` : folded;
      return `${kind}${several === "" ? "" : `.${several}`}${rest}: ${says}`;
    })
    .sort();
}

function byPath(settings: readonly Setting[]): Map<string, string> {
  return new Map(settings.filter(({ isRemoved }) => !isRemoved).map(({ path, value }) => [path, value]));
}
