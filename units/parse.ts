import type { Entry, UnitFile } from "./model.ts";

/** A line that is neither section, assignment nor comment. systemd only logs it, podman refuses the file. */
export class UnitSyntaxError extends Error {
  override name = "UnitSyntaxError";
  /** From 1. For a line that was continued: where it starts. */
  readonly line: number;

  constructor(fileName: string | undefined, line: number, problem: string) {
    super(`${fileName === undefined ? "line " : `${fileName}:`}${line}: ${problem}`);
    this.line = line;
  }
}

/**
 * Reads a unit file, also one that was written by hand: both kinds of comment, continued lines (the backslash becomes a
 * space, comments between are dropped), repeated sections and keys, any line end. Quotes and `%` stay as they are.
 * Where podman's reader differs (a blank after the backslash, an empty continued line), systemd's rule counts.
 * What is no part of the model is lost: blank lines, white space around the `=`, and whether a comment belongs to the
 * section below it (it stays with the one above).
 *
 * @param fileName for messages
 * @throws UnitSyntaxError
 * @see systemd.syntax(7), config_parse() in systemd's src/shared/conf-parser.c
 * @example
 * ```ts
 * parse("[Container]\nImage=nginx", "web.container").sections[0]?.entries; // [{ key: "Image", value: "nginx" }]
 * ```
 */
export function parse(text: string, fileName?: string): UnitFile {
  const comments: string[] = [];
  const file: UnitFile = { sections: [] };
  for (const { statement, line } of statements(text)) {
    const fail = (problem: string): never => {
      throw new UnitSyntaxError(fileName, line, problem);
    };
    const entry = readStatement(statement, fail);
    const section = file.sections.at(-1);
    if (typeof entry === "string") file.sections.push({ name: entry, entries: [] });
    else if (section !== undefined) section.entries.push(entry);
    else if ("comment" in entry) comments.push(entry.comment);
    else fail(`${entry.key}= stands before the first section. Put it below a line such as [Unit].`);
  }
  return comments.length > 0 ? { comments, ...file } : file;
}

/** The lines that say something, joined where a backslash continues them, with the number of their first line. */
function* statements(text: string): Generator<{ statement: string; line: number }> {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  let continued: { statement: string; line: number } | undefined;
  for (const [index, raw] of lines.entries()) {
    const isComment = /^[ \t]*[#;]/.test(raw);
    if (isComment && continued !== undefined) continue;
    const { statement, line } = {
      statement: (continued?.statement ?? "") + raw,
      line: continued?.line ?? index + 1,
    };
    // An even number of backslashes at the end are pairs, and continue nothing.
    if (!isComment && /(?<!\\)(?:\\\\)*\\$/.test(statement)) {
      continued = { statement: `${statement.slice(0, -1)} `, line };
      continue;
    }
    continued = undefined;
    if (strip(statement) !== "") yield { statement, line };
  }
  if (continued !== undefined && strip(continued.statement) !== "") yield continued;
}

/** A section's name, or an entry. */
function readStatement(statement: string, fail: (problem: string) => never): string | Entry {
  const comment = /^[ \t]*[#;] ?(.*)$/s.exec(statement)?.[1];
  if (comment !== undefined) return { comment };
  const text = strip(statement);
  if (text.includes("\0")) fail("holds a NUL character: this is no unit file.");
  if (text.startsWith("[")) {
    const name = /^\[([^[\]]+)\]$/.exec(text)?.[1];
    return name ?? fail('is no section header: it needs a name between "[" and "]", and nothing after it.');
  }
  const equals = text.indexOf("=");
  if (equals < 1) fail('is no section, no comment and no key with a value: "key=value" is needed.');
  return { key: strip(text.slice(0, equals)), value: strip(text.slice(equals + 1)) };
}

/** Only the white space that systemd knows (WHITESPACE in its src/fundamental/string-util-fundamental.h). */
function strip(text: string): string {
  return text.replace(/^[ \t\n\r]+/, "").replace(/[ \t\n\r]+$/, "");
}
