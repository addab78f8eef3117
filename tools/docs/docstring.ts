/** A docstring, split into its parts. */
export interface Docstring {
  /** What it means: paragraphs and blocks of code in Markdown, except `{@link …}`. */
  text: string;
  default?: string;
  /** The allowed values, if the type does not say them. */
  range?: string;
  /** In JSON, or with names without quotes, so that they are valid in both YAML and TypeScript. */
  examples: string[];
  /** Man pages, each with the option or key to look for, and addresses. */
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

/** Joins each paragraph and each list item into one line. Blocks of code stay as they are. */
function unwrap(text: string): string {
  return text
    .trim()
    .split(/^(```[\s\S]*?^```)$/m)
    .map((part) => (part.startsWith("```") ? part : part.replace(/([^\n])\n(?!\n|- |$) */g, "$1 ")))
    .join("");
}
