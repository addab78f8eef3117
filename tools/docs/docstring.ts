/** A docstring, taken apart. */
export interface Docstring {
  /** What it means: paragraphs and blocks of code in Markdown, but for `{@link …}`. */
  text: string;
  default?: string;
  /** Which values are allowed, where the type does not say it. */
  range?: string;
  /** In JSON, or with names without quotes: YAML and TypeScript both. */
  examples: string[];
  /** Man pages with what to look for in them, and addresses. */
  sources: string[];
  throws?: string;
}

/** @param comment from its slash-star-star to its end */
export function parseDocstring(comment: string): Docstring {
  const lines = comment
    .replace(/^\/\*\*|\*\/$/g, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd());
  const blocks: { tag: string; lines: string[] }[] = [{ tag: "", lines: [] }];
  for (const line of lines) {
    const [, tag, rest = ""] = /^@(\w+)\s*(.*)$/.exec(line) ?? [];
    if (tag !== undefined) blocks.push({ tag, lines: [rest] });
    else blocks.at(-1)?.lines.push(line);
  }
  const all = (wanted: string) =>
    blocks.filter(({ tag }) => tag === wanted).map(({ lines }) => unwrap(lines.join("\n")));
  const one = (wanted: string) => {
    const [text, second] = all(wanted);
    if (second !== undefined) throw new Error(`a docstring has @${wanted} twice: ${comment}`);
    return text;
  };
  const optional = { default: one("default"), range: one("range"), throws: one("throws") };
  return {
    text: all("")[0] ?? "",
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    examples: all("example"),
    sources: all("see").flatMap((text) => text.split(/;\s+/)),
  };
}

/** One line a paragraph and a list item; blocks of code as they are. */
function unwrap(text: string): string {
  return text
    .trim()
    .split(/^(```[\s\S]*?^```)$/m)
    .map((part) => (part.startsWith("```") ? part : part.replace(/([^\n])\n(?!\n|- |$) */g, "$1 ")))
    .join("");
}
