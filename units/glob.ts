/**
 * Whether a name matches a pattern by the rules of glob(3) for one part of a path: "*", "?", sets like "[a-z]", "[!a-z]" and "[[:digit:]]",
 * and "\" before a character that stands for itself. Only a "." matches a "." at the beginning.
 *
 * For any pattern, the time is at most proportional to the pattern's length times the name's length.
 *
 * @see fnmatch(3), FNM_PERIOD; glob(7)
 * @example globMatches("*.conf", "default.conf") // true
 */
export function globMatches(pattern: string, name: string): boolean {
  const parts = readPattern(pattern);
  return (!name.startsWith(".") || parts[0] === ".") && matches(parts, name);
}

/**
 * Whether a text matches a pattern with only "*" and "?", like those of known_hosts.
 *
 * @see ssh_config(5), PATTERNS
 */
export function wildcardMatches(pattern: string, text: string): boolean {
  const parts = [...pattern].map((ch) => (ch === "*" ? anyText : ch === "?" ? () => true : ch));
  return matches(parts, text);
}

/** The time is at most proportional to the pattern's length times the text's length, because only the last "*" is tried again. */
function matches(parts: readonly Part[], text: string): boolean {
  let part = 0;
  let at = 0;
  /** Where the last "*" is, and how much of the text it matches. If the rest does not match, it takes one more character. */
  let star: { part: number; at: number } | undefined;
  while (at < text.length) {
    const current = parts[part];
    if (current === anyText) {
      star = { part, at };
      part += 1;
    } else if (current !== undefined && fits(current, text.charAt(at))) {
      part += 1;
      at += 1;
    } else if (star !== undefined) {
      star.at += 1;
      part = star.part + 1;
      at = star.at;
    } else {
      return false;
    }
  }
  return parts.slice(part).every((rest) => rest === anyText);
}

/** Whether a part of a path is a pattern. Without one of these characters it is a name, including its backslashes (nginx's strpbrk()). */
export function isGlob(text: string): boolean {
  return /[*?[]/.test(text);
}

const anyText = Symbol("*");
/** A "*", a character, or a test for one character. */
type Part = typeof anyText | string | ((ch: string) => boolean);

function fits(part: Part, ch: string): boolean {
  return typeof part === "function" ? part(ch) : part === ch;
}

function readPattern(pattern: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  while (at < pattern.length) {
    const ch = pattern.charAt(at);
    const set = ch === "[" ? readSet(pattern, at) : undefined;
    if (set !== undefined) {
      parts.push(set.part);
      at = set.end;
    } else if (ch === "\\") {
      // At the end of a pattern it escapes nothing, and no name matches.
      parts.push(at + 1 < pattern.length ? pattern.charAt(at + 1) : () => false);
      at += 2;
    } else {
      parts.push(ch === "*" ? anyText : ch === "?" ? () => true : ch);
      at += 1;
    }
  }
  return parts;
}

/** The classes of POSIX, for ASCII: nginx sets no locale. */
const classes: Record<string, RegExp> = {
  alnum: /[A-Za-z0-9]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  // eslint-disable-next-line no-control-regex -- they are what is meant
  cntrl: /[\0-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /\s/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
};

/** A set in brackets. Undefined if it is never closed: then "[" stands for itself. A "]" that comes first is a member. */
function readSet(pattern: string, from: number): { part: Part; end: number } | undefined {
  const isNegated = /^[!^]/.test(pattern.slice(from + 1, from + 2));
  const first = from + (isNegated ? 2 : 1);
  const tests: ((ch: string) => boolean)[] = [];
  let at = first;
  while (at < pattern.length) {
    if (pattern[at] === "]" && at > first) {
      const part = (ch: string) => tests.some((test) => test(ch)) !== isNegated;
      return { part, end: at + 1 };
    }
    const [whole, name = ""] = /^\[:([a-z]+):\]/.exec(pattern.slice(at, at + 12)) ?? [];
    if (whole !== undefined) {
      const members = classes[name];
      tests.push((ch) => members?.test(ch) === true);
      at += whole.length;
      continue;
    }
    const low = readMember(pattern, at);
    at = low.end;
    const isRange = pattern[at] === "-" && at + 1 < pattern.length && pattern[at + 1] !== "]";
    const high = isRange ? readMember(pattern, at + 1) : low;
    at = high.end;
    tests.push((ch) => low.ch <= ch && ch <= high.ch);
  }
  return undefined;
}

function readMember(pattern: string, at: number): { ch: string; end: number } {
  const isEscaped = pattern[at] === "\\" && at + 1 < pattern.length;
  return isEscaped ? { ch: pattern.charAt(at + 1), end: at + 2 } : { ch: pattern.charAt(at), end: at + 1 };
}
