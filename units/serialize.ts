import { unwritableCharacter } from "./characters.ts";
import type { Entry, Section, UnitFile } from "./model.ts";

/**
 * A value that a unit file can't hold: it would end the line, or be read back differently. The message names the section, key and
 * character, and never the value, which may be a secret.
 */
export class UnwritableValueError extends Error {
  override name = "UnwritableValueError";

  /** @param key undefined for a section's name */
  constructor(section: string, key: string | undefined, problem: string) {
    super(`[${section}]${key === undefined ? "" : ` ${key}=`}: ${problem}`);
  }
}

/**
 * The text of a unit file: a blank line between sections, a newline at the end, empty without sections. The only writer of unit files, so
 * that no value can add a line.
 *
 * @throws UnwritableValueError for control characters (except the tab), white space at an end of a value, a backslash at its end (it would
 *   join the next line), and for names of sections and keys that can't be read back.
 * @see systemd.syntax(7)
 * @example
 * ```ts
 * serialize({ sections: [{ name: "Socket", entries: [{ key: "ListenStream", value: "0.0.0.0:8080" }] }] });
 * // "[Socket]\nListenStream=0.0.0.0:8080\n"
 * ```
 */
export function serialize(file: UnitFile): string {
  return file.sections.map((section) => `${sectionLines(section).join("\n")}\n`).join("\n");
}

function sectionLines({ name, entries }: Section): string[] {
  if (name === "" || name.trim() !== name || /[[\]]/.test(name) || unwritableCharacter(name) !== undefined) {
    throw new UnwritableValueError(
      name,
      undefined,
      "is not a valid section name: it must be one line without brackets.",
    );
  }
  return [`[${name}]`, ...entries.map((entry) => entryLine(entry, name))];
}

function entryLine({ key, value }: Entry, section: string): string {
  if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(key)) {
    throw new UnwritableValueError(
      section,
      key,
      "is not a valid key: it needs a letter, then letters, digits, - and _.",
    );
  }
  const problem = lineProblem(value) ?? edgeProblem(value);
  if (problem !== undefined) throw new UnwritableValueError(section, key, problem);
  return `${key}=${value}`;
}

function lineProblem(text: string): string | undefined {
  const character = unwritableCharacter(text);
  if (character !== undefined)
    return `holds a ${character}, which can't be written in a unit file. Remove it.`;
  if (text.endsWith("\\"))
    return "ends with a backslash, which would join the next line. Remove it, or quote the word.";
  return undefined;
}

function edgeProblem(text: string): string | undefined {
  if (text.trim() === text) return undefined;
  return "starts or ends with white space, which would be lost. Remove it, or quote the word.";
}
