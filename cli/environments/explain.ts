import type { Setting } from "../../stacks/environment.ts";
import { isWithin } from "../../stacks/places.ts";
import { didYouMean } from "../../units/nearest.ts";
import { harmless } from "../output.ts";
import { Stop } from "../stop.ts";
import { readSettings } from "./settings.ts";

/**
 * `quadlet-fleet explain PATH`: which file and line set a value.
 *
 * @param path as errors write it: `sites.www.image`, or the beginning of such paths
 * @throws Stop when nothing has this path
 */
export async function explain(path: string, stack: string | undefined): Promise<void> {
  process.stdout.write(explained(await readSettings(stack), path));
}

/** Pure. */
export function explained(settings: readonly Setting[], path: string): string {
  const found = settings.filter((one) => isWithin(one.path, path));
  if (found.length === 0) {
    const known = settings.flatMap((one) => beginnings(one.path));
    throw new Stop(`${path} is not set.${didYouMean(path, [...new Set(known)])}`);
  }
  return found
    .flatMap(({ path: at, value, from }) => [
      `${at}: ${value}`,
      ...from.map((one, index) => `  ${one.where}${index === 0 ? "" : `  has ${one.value}`}`),
    ])
    .map((line) => `${harmless(line)}\n`)
    .join("");
}

/** "sites.www.image" → "sites", "sites.www", "sites.www.image". */
function beginnings(path: string): string[] {
  const parts = path.match(/\.?[\w-]+|\["[^"]*"\]|\[\d+\]/g) ?? [];
  return parts.map((_, index) => parts.slice(0, index + 1).join(""));
}
