/**
 * Finds the end of a Lua block in an nginx configuration (`content_by_lua_block { … }`). Its body is Lua: a brace in a
 * string or a comment does not count (Lua manual, 2.1; as in lua-nginx-module's src/ngx_http_lua_lex.c).
 */

/**
 * @param from the offset after the block's opening brace
 * @returns the offset of its closing brace, or undefined if there is none
 */
export function luaBlockEnd(text: string, from: number): number | undefined {
  let depth = 1;
  let at = from;
  while (at < text.length) {
    const ch = text[at];
    if (ch === "{") depth += 1;
    if (ch === "}") depth -= 1;
    if (depth === 0) return at;
    const next = ch === '"' || ch === "'" ? stringEnd(text, at) : bracketOrCommentEnd(text, at);
    if (next === undefined) return undefined;
    at = next;
  }
  return undefined;
}

/** The offset after a string in quotes. */
function stringEnd(text: string, from: number): number | undefined {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === text[from]) return at + 1;
  }
  return undefined;
}

/** The offset after a comment or a long string, as `[==[ … ]==]`; after one character if neither starts at `from`. */
function bracketOrCommentEnd(text: string, from: number): number | undefined {
  const isComment = text.startsWith("--", from);
  const opening = /\[(=*)\[/y;
  opening.lastIndex = isComment ? from + 2 : from;
  const [whole, level] = opening.exec(text) ?? [];
  if (whole !== undefined) return endOf(text, `]${level}]`, opening.lastIndex);
  return isComment ? endOf(text, "\n", from) : from + 1;
}

function endOf(text: string, closing: string, from: number): number | undefined {
  const start = text.indexOf(closing, from);
  return start === -1 ? undefined : start + closing.length;
}
