import { NginxSyntaxError, type Token, tokenize } from "./tokens.ts";

/**
 * Indents text for a block. A line that starts inside a word stays as it is: blanks there would be a part of the word, which clients may
 * get. A line of Lua also stays, because its strings may have several lines too.
 */
export function indent(text: string): string {
  const tokens = tokensOf(text);
  // nginx can't read the text. It stays as it was written, so that the line numbers of the error are right.
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
