import { isQuadlet } from "./kinds.ts";

/** A line that is not empty, or several lines that a backslash joins. */
export interface Statement {
  text: string;
  isComment: boolean;
  /** Where it starts, from 1. */
  line: number;
  /** The first empty line or comment between its lines: podman before 5.4 does not skip it. */
  gap?: number;
  /** Whether only comments and empty lines follow a continued line: podman then drops the whole statement. */
  isDropped: boolean;
}

/** How a reader of unit files joins lines. */
interface Rules {
  lines(text: string): string[];
  /** Whether a line joins the next one. */
  isContinued(line: string): boolean;
  /** What a continued line adds to its statement. */
  piece(line: string): string;
  /** Whether an empty line between continued lines is skipped like a comment, or ends the statement. */
  skipsEmpty: boolean;
  /** Whether a statement that ends with skipped lines is dropped. */
  dropsUnfinished: boolean;
}

/** config_parse() in systemd's src/shared/conf-parser.c; read_line_full() in src/basic/fileio.c. */
const systemd: Rules = {
  lines: (text) => text.replace(/^\uFEFF/, "").split(/\r\n?|\n\r?/),
  // An even number of backslashes at the end are pairs, which do not continue the line.
  isContinued: (line) => trailingBackslashes(line) % 2 === 1,
  piece: (line) => `${line.slice(0, -1)} `,
  skipsEmpty: false,
  dropsUnfinished: false,
};

/** unicode.IsSpace() of Go. */
const goSpace = new Set(
  "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000",
);

/** UnitFile.Parse() in podman's pkg/systemd/parser/unitfile.go, from 5.4 on. */
const podman: Rules = {
  lines: (text) =>
    text
      .replace(/\n$/, "")
      .split("\n")
      .map((line) => strip(line, goSpace)),
  isContinued: (line) => line.endsWith("\\"),
  piece: (line) => line.slice(0, -1),
  skipsEmpty: true,
  dropsUnfinished: true,
};

/**
 * The statements of a unit file in order, as podman reads a quadlet, and as systemd reads any other unit.
 *
 * @param fileName shows the kind
 * @see systemd.syntax(7); podman-systemd.unit(5)
 */
export function* statements(text: string, fileName: string): Generator<Statement> {
  const rules = isQuadlet(fileName) ? podman : systemd;
  let open: { pieces: string[]; line: number; gap?: number } | undefined;
  let isSkipped = false;
  for (const [index, line] of rules.lines(text).entries()) {
    const isComment = isCommentLine(line);
    isSkipped = open !== undefined && (isComment || (rules.skipsEmpty && line === ""));
    if (open !== undefined && isSkipped) {
      open.gap ??= index + 1;
    } else if (!isComment && rules.isContinued(line)) {
      const piece = rules.piece(line);
      if (open !== undefined) open.pieces.push(piece);
      else if (piece !== "") open = { pieces: [piece], line: index + 1 };
    } else {
      const { pieces, ...where } = open ?? { pieces: [], line: index + 1 };
      open = undefined;
      yield { text: [...pieces, line].join(""), isComment, isDropped: false, ...where };
    }
  }
  if (open === undefined) return;
  const { pieces, ...where } = open;
  yield { text: pieces.join(""), isComment: false, isDropped: isSkipped && rules.dropsUnfinished, ...where };
}

function isCommentLine(line: string): boolean {
  return /^[ \t]*[#;]/.test(line);
}

function trailingBackslashes(line: string): number {
  let start = line.length;
  while (line[start - 1] === "\\") start -= 1;
  return line.length - start;
}

/**
 * A text without these characters at its ends. (For a line of blanks, a regular expression for the end would take time with the square of
 * the length.)
 */
export function strip(text: string, characters: ReadonlySet<string>): string {
  let [start, end] = [0, text.length];
  while (start < end && characters.has(text.charAt(start))) start += 1;
  while (end > start && characters.has(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}
