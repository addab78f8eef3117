import { UnitSyntaxError, parse } from "./parse.ts";

/** Keys of [Unit] that only people read. */
const shown = new Set(["Description", "Documentation"]);

/**
 * Whether two texts of a unit have the same effect on a running service, so that it needs no restart. Comments, blank lines, Description=
 * and Documentation= have no effect, and neither has [Install], which counts when a unit is enabled. A text that can't be read has the same
 * effect only as an equal text.
 *
 * The order of sections does not count. The order of the lines in a section does (descriptors come in the order of Listen…=).
 *
 * @param fileName the file name of both, which shows the kind
 * @example
 * ```ts
 * sameEffect("[Unit]\nDescription=Old\n[Socket]\nBacklog=9", "# new\n[Socket]\nBacklog=9", "web.socket"); // true
 * ```
 */
export function sameEffect(a: string, b: string, fileName: string): boolean {
  if (a === b) return true;
  const [left, right] = [effectOf(a, fileName), effectOf(b, fileName)];
  return left !== undefined && left === right;
}

/** A text that is equal for units with the same effect. Undefined for a unit that can't be read. */
function effectOf(text: string, fileName: string): string | undefined {
  const sections = new Map<string, string[]>();
  try {
    for (const { name, entries } of parse(text, fileName).sections) {
      const lines = sections.get(name) ?? [];
      sections.set(name, lines);
      for (const entry of entries) {
        if (!(name === "Unit" && shown.has(entry.key))) lines.push(`${entry.key}=${entry.value}`);
      }
    }
  } catch (thrown) {
    if (thrown instanceof UnitSyntaxError) return undefined;
    throw thrown;
  }
  sections.delete("Install");
  // A [Unit] with only a title has no effect. (An empty [Container] has: without it podman refuses the file.)
  if (sections.get("Unit")?.length === 0) sections.delete("Unit");
  return JSON.stringify([...sections].sort(([one], [other]) => (one < other ? -1 : 1)));
}
