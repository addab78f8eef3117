/**
 * Readers to test the writers with, made from the manual pages: systemd.syntax(7), systemd.service(5), and podman's
 * pkg/systemd/parser/split.go and pkg/env/env.go. They throw an error if text would not be taken literally.
 */

const escapes: Record<string, string> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  s: " ",
};

interface Word {
  text: string;
  /** Without quotes and escapes, as ";" has to be to end a command. */
  bare: boolean;
}

/** "Quoting" in systemd.syntax(7): a quote opens at the start of a word only, and has to close at its end. */
export function splitWords(line: string): Word[] {
  const words: Word[] = [];
  for (let rest = line.replace(/^[ \t\n\r]+/, ""); rest !== ""; rest = rest.replace(/^[ \t\n\r]+/, "")) {
    const match =
      /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|((?:[^ \t\n\r"'\\]|\\.)+))(?=[ \t\n\r]|$)/su.exec(rest);
    if (match === null) throw new Error(`unbalanced or misplaced quote: ${rest}`);
    const raw = match[1] ?? match[2] ?? match[3] ?? "";
    words.push({ text: unescape(raw), bare: match[3] !== undefined && !raw.includes("\\") });
    rest = rest.slice(match[0].length);
  }
  return words;
}

function unescape(raw: string): string {
  return raw.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gsu,
    (_all, hex?: string, short?: string, long?: string, octal?: string, character: string = "") => {
      const digits = hex ?? short ?? long;
      if (digits !== undefined) return String.fromCodePoint(parseInt(digits, 16));
      if (octal !== undefined) return String.fromCodePoint(parseInt(octal, 8));
      if (["\\", '"', "'"].includes(character)) return character;
      const known = escapes[character];
      if (known === undefined) throw new Error(`unknown escape \\${character}`);
      return known;
    },
  );
}

/** The argv that a process gets from an ExecStart= line. */
export function readExec(line: string): string[] {
  return splitWords(line).map(({ text, bare }) => {
    if (bare && text === ";") throw new Error("a separator of commands");
    return withoutVariables(withoutSpecifiers(text));
  });
}

/**
 * The script of a `sh -c` in a unit.
 *
 * @param start the beginning of its line: "ExecStartPost=/bin/sh"
 */
export function readScript(unit: unknown, start: string): string {
  const lines = String(unit).split("\n");
  const line = lines.find((one) => one.startsWith(start));
  const words = splitWords(line?.slice(line.indexOf("=") + 1) ?? "").map(({ text }) => text);
  const script = words[words.indexOf("-c") + 1];
  if (!words.includes("-c") || script === undefined) throw new Error(`no script after ${start}`);
  return withoutVariables(withoutSpecifiers(script));
}

/** The variables of a [Service] Environment= line. */
export function readEnvironment(line: string): Record<string, string> {
  return toRecord(splitWords(line).map(({ text }) => withoutSpecifiers(text)));
}

/** What a container gets from words in a quadlet: podman splits them, and writes them into an ExecStart=. */
export function readThroughPodman(line: string): string[] {
  const words = splitWords(line);
  if (words.some(({ text }) => text === ""))
    throw new Error("podman loses an empty word and all that follow");
  return readExec(words.map(({ text }) => writeAsPodman(text)).join(" "));
}

/** escapeWords() of podman. */
function writeAsPodman(word: string): string {
  if (!/[\s\p{Cc}"'\\]/u.test(word)) return word;
  const hex = (character: string) => `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, "0")}`;
  return `"${word.replace(/["\\]/g, "\\$&").replace(/[\0- \x7f]/g, hex)}"`;
}

/** ParseFile() of podman: no quotes; white space before a line is dropped, and so is a carriage return at its end. */
export function readEnvironmentFile(text: string): Record<string, string> {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, "").replace(/^[ \t]+/, ""));
  return toRecord(lines.filter((line) => line !== "" && !line.startsWith("#")));
}

export function toRecord(assignments: readonly string[]): Record<string, string> {
  const pairs = assignments.map((assignment) => {
    const equals = assignment.indexOf("=");
    if (equals < 1) throw new Error(`no assignment: ${assignment}`);
    return [assignment.slice(0, equals), assignment.slice(equals + 1)] as const;
  });
  return Object.fromEntries(pairs);
}

function withoutSpecifiers(text: string): string {
  return text.replace(/%(.?)/gsu, (_all, next: string) => {
    if (next !== "%") throw new Error(`a specifier %${next}`);
    return "%";
  });
}

function withoutVariables(text: string): string {
  return text.replace(/\$(.?)/gsu, (_all, next: string) => {
    if (next !== "$") throw new Error(`a variable $${next}`);
    return "$";
  });
}
