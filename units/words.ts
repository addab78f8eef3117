/**
 * The words of a command line, without their quotes and escapes: as podman splits PodmanArgs= and systemd splits ExecStart=.
 *
 * @returns none for an escape that neither knows: systemd ignores such a line, and podman the value.
 * @see systemd.syntax(7), "Quoting"; extractFirstWord() in podman's pkg/systemd/parser/split.go
 * @example splitWords('--label "two words" --net"work"=none') // ["--label", "two words", "--network=none"]
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at);
    if (character === "\\") {
      const escape = anyEscape.exec(line.slice(at, at + 10))?.[0];
      // A backslash at the very end is dropped.
      if (escape === undefined) break;
      const meant = unescape(escape.slice(1));
      if (meant === undefined) return [];
      word = (word ?? "") + meant;
      at += escape.length - 1;
    } else if (character === quote) quote = "";
    else if (quote === "" && (character === '"' || character === "'")) {
      quote = character;
      word ??= "";
    } else if (quote === "" && /[ \t\n\r]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + character;
  }
  return word === undefined ? words : [...words, word];
}

const anyEscape = /^\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)/s;

const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  s: " ",
  "\\": "\\",
  '"': '"',
  "'": "'",
};

/** The character for an escape, which is given without its backslash. Undefined if it is not an escape. */
function unescape(escape: string): string | undefined {
  if (escape.length === 1) return Object.hasOwn(escapes, escape) ? escapes[escape] : undefined;
  const code = /^[0-7]/.test(escape) ? Number.parseInt(escape, 8) : Number.parseInt(escape.slice(1), 16);
  const isKnown = code > 0 && code <= (/^[0-7]/.test(escape) ? 0xff : 0x10ffff);
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  return isKnown && !isSurrogate ? String.fromCodePoint(code) : undefined;
}
