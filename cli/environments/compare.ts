import { fold } from "../../rollout/fold.ts";
import type { Setting } from "../../stacks/environment.ts";
import { harmless } from "../output.ts";
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

/** Pure. Hosts, sites or proxies with the same difference share a line. */
export function compared(
  one: string,
  ofOne: readonly Setting[],
  other: string,
  ofOther: readonly Setting[],
): string[] {
  const [left, right] = [byPath(ofOne), byPath(ofOther)];
  const groups = new Map<string, { kind: string; rest: string; says: string; names: string[] }>();
  const say = (path: string, says: string) => {
    const { kind, name, rest } = entryOf(path);
    const key = JSON.stringify([kind, rest, says]);
    const group = groups.get(key) ?? { kind, rest, says, names: [] };
    if (name !== undefined && !group.names.includes(name)) group.names.push(name);
    groups.set(key, group);
  };
  const entries = (settings: ReadonlyMap<string, string>) =>
    new Set([...settings.keys()].map((path) => `${entryOf(path).kind}.${entryOf(path).name ?? ""}`));
  const [leftEntries, rightEntries] = [entries(left), entries(right)];
  for (const path of new Set([...left.keys(), ...right.keys()])) {
    const [mine, theirs] = [left.get(path), right.get(path)];
    if (mine === theirs) continue;
    const { kind, name = "" } = entryOf(path);
    const entry = `${kind}.${name}`;
    const whole = path.slice(0, path.length - entryOf(path).rest.length);
    if (!rightEntries.has(entry)) say(whole, `only in ${one}`);
    else if (!leftEntries.has(entry)) say(whole, `only in ${other}`);
    else say(path, `${mine ?? "(not set)"} → ${theirs ?? "(not set)"}`);
  }
  return [...groups.values()]
    .map(({ kind, names, rest, says }) => {
      const folded = names.length === 0 ? "" : `.${fold(names)}`;
      return `${kind}${folded}${rest}: ${says}`;
    })
    .sort();
}

function byPath(settings: readonly Setting[]): Map<string, string> {
  return new Map(settings.filter(({ isRemoved }) => !isRemoved).map(({ path, value }) => [path, value]));
}

/** `hosts.web-1.address` → hosts, web-1, .address */
function entryOf(path: string): { kind: string; name?: string; rest: string } {
  const [, kind = path, quoted, plain, rest = ""] =
    /^(\w+)(?:\["([^"]*)"\]|\.([\w-]+))(.*)$/s.exec(path) ?? [];
  const name = quoted ?? plain;
  return { kind, ...(name === undefined ? {} : { name }), rest };
}
