/**
 * The words and marks of an nginx configuration file, as nginx reads them: ngx_conf_read_token() in nginx's src/core/ngx_conf_file.c. Odd
 * rules here are nginx's own.
 */
import { isTooLong, tooLong } from "./buffer.ts";
import { luaBlockEnd } from "./lua.ts";

/** Where something starts in a file; both count from 1. */
export interface Place {
  line: number;
  column: number;
}

/**
 * A word with its quotes and escapes resolved, or a mark; and where it is in the text: `end` is the offset after it. The "{" of a
 * Lua block ends where the Lua ends.
 */
export type Token = Place & { offset: number; end: number } & (
    { kind: "word"; text: string } | { kind: ";" | "{" | "}" }
  );

/** A file that nginx could not read. The message names file, line and what is wrong there. */
export class NginxSyntaxError extends Error {
  override name = "NginxSyntaxError";
  readonly file: string;
  readonly line: number;
  readonly column: number;

  constructor(file: string, place: Place, what: string) {
    super(`${file}:${place.line}: ${what}`);
    this.file = file;
    this.line = place.line;
    this.column = place.column;
  }
}

/**
 * Splits a configuration file. The body of a `*_by_lua_block` is left out: it is Lua.
 *
 * @param file the file's name, for messages
 * @throws NginxSyntaxError for an unclosed quote or Lua block, for a quote that is followed by other text, for a byte order mark,
 *   and for a word or comment that is longer than nginx can read
 * @example tokenize('listen "80";', "default.conf") // a word "listen", a word "80", a mark ";"
 */
export function tokenize(text: string, file: string): Token[] {
  const tokens: Token[] = [];
  const placeOf = places(text);
  const fail = (offset: number, what: string) => {
    throw new NginxSyntaxError(file, placeOf(offset), what);
  };
  const skip = (from: number) =>
    skipBlanks(text, from, (start, end) => {
      if (isTooLong(text, start, end + 1)) fail(start, tooLong("this comment", text, start, end, end + 1));
    });
  /** The first word of the directive that is being read. */
  let name: string | undefined;
  if (text.startsWith("\ufeff")) fail(0, BYTE_ORDER_MARK);
  let at = skip(0);
  while (at < text.length) {
    const ch = text.charAt(at);
    const place = placeOf(at);
    if (ch === ";" || ch === "{" || ch === "}") {
      let end = at + 1;
      if (ch === "{" && name?.endsWith("_by_lua_block")) {
        const luaEnd = luaBlockEnd(text, end);
        if (luaEnd === undefined)
          throw new NginxSyntaxError(file, place, `the block of "${name}" is never closed.`);
        end = luaEnd;
      }
      tokens.push({ kind: ch, offset: at, end, ...place });
      name = undefined;
      at = end;
    } else {
      const isQuoted = ch === '"' || ch === "'";
      const start = isQuoted ? at + 1 : at;
      const end = isQuoted ? closingQuote(text, at) : wordEnd(text, at);
      if (end === undefined) throw new NginxSyntaxError(file, place, `the quote ${ch} is never closed.`);
      const word = resolveEscapes(text.slice(start, end));
      const next = isQuoted ? end + 1 : end;
      // After a blank, nginx reads one more character before it releases the word.
      const last = next + (isBlank(text.charAt(next)) ? 2 : 1);
      if (isTooLong(text, start, last))
        fail(at, tooLong(name === undefined ? "this word" : `a word of "${name}"`, text, start, end, last));
      tokens.push({ kind: "word", text: word, offset: at, end: next, ...place });
      name ??= word;
      at = next;
      // ")" may follow, for `if ($host = "example")`: it is a separate word.
      if (isQuoted && !/^[ \t\r\n;{)]?$/.test(text.charAt(at)))
        fail(at, `unexpected "${text.charAt(at)}" straight after a quoted word.`);
    }
    at = skip(at);
  }
  return tokens;
}

/**
 * Writes a word so that nginx reads exactly this text, in quotes where they are needed.
 * A "$" keeps its meaning: nginx looks for variables in quoted words too.
 *
 * @example quoteWord("a b") // '"a b"'
 */
export function quoteWord(text: string): string {
  if (/^[\w$./:*@=,[\]-]+$/.test(text)) return text;
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

const BYTE_ORDER_MARK =
  "the file begins with a byte order mark (BOM), which nginx reads as a part of the first word. Save it as UTF-8 without BOM.";

const isBlank = (ch: string) => ch === " " || ch === "\t" || ch === "\r" || ch === "\n";

/**
 * The offset of the next token. A "#" starts a comment only there, not inside a word.
 *
 * @param onComment gets where a comment starts, and where its line ends
 */
function skipBlanks(text: string, from: number, onComment: (start: number, end: number) => void): number {
  let at = from;
  while (at < text.length && (isBlank(text.charAt(at)) || text[at] === "#")) {
    let lineEnd = at;
    if (text[at] === "#") {
      const found = text.indexOf("\n", at);
      lineEnd = found === -1 ? text.length : found;
      onComment(at, lineEnd);
    }
    at = Math.min(lineEnd + 1, text.length);
  }
  return at;
}

function closingQuote(text: string, from: number): number | undefined {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === text[from]) return at;
  }
  return undefined;
}

/** The end of a word without quotes: a blank, ";" or "{", unless escaped, or "{" of a variable, as in "${name}". */
function wordEnd(text: string, from: number): number {
  let inVariable = false;
  for (let at = from; at < text.length; at += 1) {
    const ch = text.charAt(at);
    if (ch === "{" && inVariable) continue;
    inVariable = ch === "$";
    if (ch === "\\") at += 1;
    else if (isBlank(ch) || ch === ";" || ch === "{") return at;
  }
  return text.length;
}

/** nginx knows six escapes; before any other character a backslash stays (regular expressions need that). */
function resolveEscapes(text: string): string {
  const blanks: Record<string, string> = { t: "\t", r: "\r", n: "\n" };
  return text.replaceAll(/\\(["'\\trn])/g, (_, ch: string) => blanks[ch] ?? ch);
}

/** Offsets must be asked for in ascending order, because the lines of the file are counted only once. */
function places(text: string): (offset: number) => Place {
  let line = 1;
  let lineStart = 0;
  return (offset) => {
    for (;;) {
      const lineEnd = text.indexOf("\n", lineStart);
      if (lineEnd === -1 || lineEnd >= offset) return { line, column: offset - lineStart + 1 };
      line += 1;
      lineStart = lineEnd + 1;
    }
  };
}
