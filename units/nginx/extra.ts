/** Lines of nginx configuration that a user adds to the generated lines of a backend. */
import { AddressError, parseListen, type ListenAddress } from "./address.ts";
import { parseReadable, readDirectives } from "./included.ts";
import type { NginxFile } from "./listens.ts";
import type { Directive } from "./parse.ts";
import { tokenize } from "./tokens.ts";

export interface Extra {
  /** As they are written. */
  text: string;
  /** Directive by directive. */
  lines: readonly ExtraLine[];
  /** All directives that nginx reads there, with those of included files. */
  directives: readonly Directive[];
}

/** A directive as it is written, with the comments before and after it. */
export interface ExtraLine {
  name: string;
  text: string;
}

/**
 * Reads the lines. Text that can't be read has no directives: another check reports it.
 *
 * @param files what the lines may include
 */
export function readExtra(text = "", files: readonly NginxFile[] = []): Extra {
  const lines = parseReadable(text).length === 0 ? [] : linesOf(text);
  return { text: text.trimEnd(), lines, directives: readDirectives(text, files) };
}

/** The names of the headers that are set, in lower case, because their case means nothing (RFC 9110, 5.1). */
export function headersSet({ directives }: Extra): Set<string> {
  return new Set(named(directives, "proxy_set_header").map(({ args: [name = ""] }) => name.toLowerCase()));
}

/** The addresses of all `listen`. */
export function listensOf({ directives }: Pick<Extra, "directives">): ListenAddress[] {
  return named(directives, "listen").flatMap(({ args: [parameter = ""] }) => {
    try {
      const target = parseListen(parameter);
      return target.kind === "addresses" ? target.addresses : [];
    } catch (thrown) {
      if (!(thrown instanceof AddressError)) throw thrown;
      return [];
    }
  });
}

/**
 * The locations that a server can have only once, as they would be written: "/api/", "= /api/", "@name". Regular expressions are left out,
 * because nginx uses the first one that matches.
 *
 * @see ngx_http_core_location() in nginx's src/http/ngx_http_core_module.c, ngx_http_join_exact_locations() in src/http/ngx_http.c
 */
export function locationsOf({ directives }: Extra): string[] {
  return named(directives, "location").flatMap(({ args }) => {
    const [, modifier = "", path = ""] = /^(=|\^~|~\*?|@)?(.*)$/s.exec(args.join("")) ?? [];
    if (modifier.startsWith("~")) return [];
    return [modifier === "=" ? `= ${path}` : modifier === "@" ? `@${path}` : path];
  });
}

export function named(directives: readonly Directive[], name: string): Directive[] {
  return directives.filter((directive) => directive.name === name);
}

/** @example linesOf("a 1; # one\nb { c 2; }") // [{ name: "a", text: "a 1; # one" }, { name: "b", text: "b { c 2; }" }] */
function linesOf(text: string): ExtraLine[] {
  const lines: ExtraLine[] = [];
  let name: string | undefined;
  let depth = 0;
  let from = 0;
  for (const token of tokenize(text, "")) {
    if (token.kind === "word") name ??= token.text;
    if (token.kind === "{") depth += 1;
    if (token.kind === "}") depth -= 1;
    if (depth > 0 || token.kind === "word" || name === undefined) continue;
    const [comment = ""] = /^[ \t]*#[^\n]*/.exec(text.slice(token.offset + 1)) ?? [];
    const end = token.offset + 1 + comment.length;
    lines.push({ name, text: text.slice(from, end).trim() });
    from = end;
    name = undefined;
  }
  return lines;
}
