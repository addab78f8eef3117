import type { Entry, UnitFile } from "./model.ts";
import { isQuadlet } from "./kinds.ts";
import { statements, strip } from "./statements.ts";

/** A line that is neither section, assignment nor comment. systemd only logs it, podman refuses the file. */
export class UnitSyntaxError extends Error {
  override name = "UnitSyntaxError";
  /** From 1. For a line that was continued: where it starts. */
  readonly line: number;

  constructor(fileName: string, line: number, problem: string) {
    super(`${fileName}:${line}: ${problem}`);
    this.line = line;
  }
}

/** LONG_LINE_MAX of systemd's src/basic/fileio.h, for one line. No real unit is that long, but the file of an account may be. */
const longest = 1024 * 1024;

/**
 * The white space around a key and its value: WHITESPACE in systemd's src/fundamental/string-util-fundamental.h; podman's
 * parseKeyValuePair().
 */
const blanksOf = { systemd: new Set(" \t\n\r"), podman: new Set(" \t\n\v\f\r") };

/**
 * Reads a unit file, even one that was written by hand: continued lines, repeated sections and keys. Quotes and `%` stay as they are. A
 * quadlet is read as podman reads it, any other unit as systemd does: they join continued lines differently (see statements.ts), and only
 * systemd skips a byte order mark.
 *
 * Comments, blank lines and white space around the `=` are lost.
 *
 * @param fileName shows the kind, and is used in messages
 * @throws UnitSyntaxError
 * @see systemd.syntax(7), config_parse() in systemd's src/shared/conf-parser.c; podman's pkg/systemd/parser/unitfile.go
 * @example
 * ```ts
 * parse("[Container]\nImage=nginx", "web.container").sections[0]?.entries; // [{ key: "Image", value: "nginx" }]
 * ```
 */
export function parse(text: string, fileName: string): UnitFile {
  const blanks = blanksOf[isQuadlet(fileName) ? "podman" : "systemd"];
  const file: UnitFile = { sections: [] };
  if (text.length > longest)
    throw new UnitSyntaxError(
      fileName,
      1,
      `the text is longer than ${longest} characters: this is not a unit file.`,
    );
  if (text.startsWith("\uFEFF") && isQuadlet(fileName))
    throw new UnitSyntaxError(
      fileName,
      1,
      "begins with a byte order mark, which podman refuses. Save it without.",
    );
  for (const statement of statements(text, fileName)) {
    const fail = (problem: string): never => {
      throw new UnitSyntaxError(fileName, statement.line, problem);
    };
    const content = strip(statement.text, blanks);
    if (content === "") continue;
    if (statement.isDropped)
      fail(
        'ends with a "\\", and only comments and empty lines follow: podman would drop it. Remove the "\\".',
      );
    if (statement.isComment) continue;
    const entry = readStatement(content, blanks, fail);
    const section = file.sections.at(-1);
    if (typeof entry === "string") file.sections.push({ name: entry, entries: [] });
    else if (section !== undefined) section.entries.push(entry);
    else fail(`${entry.key}= is before the first section. Move it below a line such as [Unit].`);
  }
  return file;
}

/** A section's name, or an entry. */
function readStatement(
  text: string,
  blanks: ReadonlySet<string>,
  fail: (problem: string) => never,
): string | Entry {
  if (text.includes("\0")) fail("holds a NUL character: this is not a unit file.");
  if (text.startsWith("[")) {
    const name = /^\[([^[\]\p{Cc}]+)\]$/u.exec(text)?.[1];
    return (
      name ?? fail('is not a section header: it needs a name between "[" and "]", and nothing after it.')
    );
  }
  const equals = text.indexOf("=");
  if (equals < 1) fail('is neither a section, a comment nor a key with a value: "key=value" is needed.');
  return { key: strip(text.slice(0, equals), blanks), value: strip(text.slice(equals + 1), blanks) };
}
