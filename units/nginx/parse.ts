/** The directives of an nginx configuration file as a tree. Their meaning is not checked: `nginx -t` does that. */
import { NginxSyntaxError, tokenize, type Place } from "./tokens.ts";

/** One directive: `name args…;` or `name args… { block }`. Line and column are where its name starts. */
export interface Directive extends Place {
  name: string;
  /** Quotes and escapes are resolved; variables are left as they are written. */
  args: string[];
  /** Only there if it has braces. Empty for a Lua block. */
  block?: Directive[];
}

/**
 * Reads a configuration file.
 *
 * @param file the file's name, for messages
 * @throws NginxSyntaxError where nginx would also stop: a missing ";" or "}", one too many, an unclosed quote
 * @see ngx_conf_parse() in nginx's src/core/ngx_conf_file.c
 * @example parseNginx("server { listen 80; }", "default.conf")[0]?.block?.[0]?.args // ["80"]
 */
export function parseNginx(text: string, file: string): Directive[] {
  const root: Directive[] = [];
  /** The blocks that are open, the innermost last. (No recursion: a file may nest deeper than the stack.) */
  const open: (Directive & { block: Directive[] })[] = [];
  let current: Directive | undefined;
  for (const token of tokenize(text, file)) {
    const siblings = open.at(-1)?.block ?? root;
    if (token.kind === "word") {
      if (current === undefined) {
        current = { name: token.text, args: [], line: token.line, column: token.column };
      } else {
        current.args.push(token.text);
      }
    } else if (token.kind === "}") {
      if (current !== undefined) {
        throw new NginxSyntaxError(file, token, `unexpected "}": ${unfinished(current)} has no ";".`);
      }
      if (open.pop() === undefined)
        throw new NginxSyntaxError(file, token, 'unexpected "}": no block is open.');
    } else {
      if (current === undefined) {
        throw new NginxSyntaxError(
          file,
          token,
          `unexpected "${token.kind}": there is no directive before it.`,
        );
      }
      siblings.push(current);
      if (token.kind === "{") {
        const block: Directive[] = [];
        open.push(Object.assign(current, { block }));
      }
      current = undefined;
    }
  }
  if (current !== undefined) throw new NginxSyntaxError(file, current, `${unfinished(current)} has no ";".`);
  const unclosed = open.at(-1);
  if (unclosed !== undefined) {
    throw new NginxSyntaxError(
      file,
      unclosed,
      `the block of "${unclosed.name}" is never closed: a "}" is missing.`,
    );
  }
  return root;
}

const unfinished = (directive: Directive) => `"${directive.name}" in line ${directive.line}`;
