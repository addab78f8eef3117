/**
 * Control characters except the tab, lone surrogates (no UTF-8 exists for them) and Unicode's noncharacters: systemd drops a line that has
 * one of the last two (utf8_is_valid() in systemd's src/basic/utf8.c).
 */
const unwritable = /(?!\t)[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;

/** The same without the control characters except NUL: what no quoting can write into a unit file. NUL ends every C string. */
const unencodable = /[\0\p{Cs}\p{Noncharacter_Code_Point}]/u;

const names: Readonly<Record<string, string>> = { "\0": "NUL", "\n": "newline", "\r": "carriage return" };

/** The first character that can't stand in a line of a unit file, by name, or undefined: `"newline (U+000A)"`. */
export function unwritableCharacter(text: string): string | undefined {
  return describe(unwritable.exec(text)?.[0]);
}

/** The first character that not even an escape can write, by name, or undefined: `"NUL (U+0000)"`. */
export function unencodableCharacter(text: string): string | undefined {
  return describe(unencodable.exec(text)?.[0]);
}

function describe(character: string | undefined): string | undefined {
  const code = character?.codePointAt(0);
  if (character === undefined || code === undefined) return undefined;
  const number = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  return `${names[character] ?? "character"} (${number})`;
}
