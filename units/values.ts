import type { Entry, Section } from "./model.ts";
import { isQuadlet } from "./kinds.ts";
import { UnitSyntaxError, parse } from "./parse.ts";
import { strip } from "./statements.ts";

const quotes = new Set('"');

/**
 * The sections of a unit. Of a text that can't be read nothing is known, so it has none: what is wrong with it is said at preview
 * (entryRules of rules.ts), and systemd or podman judge what an account has written.
 *
 * @param file its name, which tells the kind
 */
export function sectionsOf(text: string, file: string): Section[] {
  try {
    return parse(text, file).sections;
  } catch (thrown) {
    if (thrown instanceof UnitSyntaxError) return [];
    throw thrown;
  }
}

/** The assignments of a unit's sections of one name, in their order. */
export function assignmentsOf(text: string, file: string, section: string): Entry[] {
  return sectionsOf(text, file)
    .filter(({ name }) => name === section)
    .flatMap(({ entries }) => entries);
}

/**
 * The values of a key that is a list, in their order, as they are written. An empty assignment takes back those before it.
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
 * The value of a key that has one: the last. podman takes the quotes around it away, in a quadlet.
 *
 * @returns undefined where the key is not there, or has been taken back by an empty assignment
 * @see Lookup() in podman's pkg/systemd/parser/unitfile.go. (From 5.8.2 on it leaves quotes that don't match, of which podman can't
 *   make a name.)
 * @example valueOf('[Container]\nServiceName="front"\n', "web.container", "Container", "ServiceName") // "front"
 */
export function valueOf(text: string, file: string, section: string, key: string): string | undefined {
  const value = valuesOf(text, file, section, key).at(-1);
  return (isQuadlet(file) ? value && strip(value, quotes) : value) || undefined;
}
