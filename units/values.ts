import type { Entry, Section } from "./model.ts";
import { isQuadlet } from "./kinds.ts";
import { UnitSyntaxError, parse } from "./parse.ts";
import { strip } from "./statements.ts";

const quotes = new Set('"');

/**
 * The sections of a unit. A text that can't be read has none: its problems are reported at preview (entryRules of rules.ts), and systemd or
 * podman judge the files that an account has written.
 *
 * @param file the name of the file, which shows the kind
 */
export function sectionsOf(text: string, file: string): Section[] {
  try {
    return parse(text, file).sections;
  } catch (thrown) {
    if (thrown instanceof UnitSyntaxError) return [];
    throw thrown;
  }
}

/** The assignments in all sections of a unit with this name, in order. */
export function assignmentsOf(text: string, file: string, section: string): Entry[] {
  return sectionsOf(text, file)
    .filter(({ name }) => name === section)
    .flatMap(({ entries }) => entries);
}

/**
 * The values of a key that is a list, in order, as they are written. An empty assignment removes those before it.
 *
 * @see systemd.syntax(7); LookupAll() in podman's pkg/systemd/parser/unitfile.go
 * @example valuesOf("[Socket]\nListenStream=80\nListenStream=81\n", "web.socket", "Socket", "ListenStream") // ["80", "81"]
 */
export function valuesOf(text: string, file: string, section: string, key: string): string[] {
  const values = assignmentsOf(text, file, section)
    .filter((entry) => entry.key === key)
    .map(({ value }) => value);
  return values.slice(values.lastIndexOf("") + 1);
}

/**
 * The value of a key that has only one: the last. In a quadlet, podman removes the quotes around it.
 *
 * @returns undefined if the key is missing, or if an empty assignment has removed its value
 * @see Lookup() in podman's pkg/systemd/parser/unitfile.go. (From 5.8.2 on it keeps quotes that don't match, and podman can't make a name
 *   from such a value.)
 * @example valueOf('[Container]\nServiceName="front"\n', "web.container", "Container", "ServiceName") // "front"
 */
export function valueOf(text: string, file: string, section: string, key: string): string | undefined {
  const value = valuesOf(text, file, section, key).at(-1);
  return (isQuadlet(file) ? value && strip(value, quotes) : value) || undefined;
}
