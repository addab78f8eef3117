import { NginxSyntaxError, type Token, tokenize } from "./tokens.ts";

/**
 * Puts text into a block. A line that starts inside a word stays as it is: blanks there would be a part of the word, and so of what
 * clients get. So does a line of Lua, whose strings may have several lines too.
 */
export function indent(text: string): string {
  const tokens = tokensOf(text);
  // nginx can't read it: the error names its lines as they were written.
  if (tokens === undefined) return text;
  let start = 0;
  let next = 0;
  return text
    .split("\n")
    .map((line) => {
      const at = start;
      start += line.length + 1;
      while ((tokens[next]?.end ?? Infinity) <= at) next += 1;
      const isInside = (tokens[next]?.offset ?? Infinity) < at;
      return line === "" || isInside ? line : `    ${line}`;
    })
    .join("\n");
}

function tokensOf(text: string): Token[] | undefined {
  try {
    return tokenize(text, "");
  } catch (thrown) {
    if (!(thrown instanceof NginxSyntaxError)) throw thrown;
    return undefined;
  }
}
