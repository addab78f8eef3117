/** The directives of several files as nginx reads them: each `include` is replaced by the files that it names. */
import { isReadByNginx, resolveInclude } from "./include.ts";
import type { NginxFile } from "./listens.ts";
import { parseNginx, type Directive } from "./parse.ts";
import { NginxSyntaxError } from "./tokens.ts";

/**
 * The directives of a text, with those of included files. A text that can't be read, or a missing file, has none: findListens() and `nginx
 * -t` report that.
 *
 * @param files the files that it may include
 */
export function readDirectives(text: string, files: readonly NginxFile[] = []): Directive[] {
  return expand(text, files, []);
}

/** The directives of the http context, as far as they are in files below /etc/nginx/conf.d. */
export function httpDirectives(files: readonly NginxFile[]): Directive[] {
  return files
    .filter(({ name }) => isReadByNginx(name))
    .flatMap(({ name, text }) => expand(text, files, [name]));
}

/** @param trail the files that lead there, which stops circular includes */
function expand(text: string, files: readonly NginxFile[], trail: readonly string[]): Directive[] {
  return parseReadable(text).flatMap((directive) => {
    if (directive.name !== "include") return [directive];
    const names = files.map(({ name }) => name).filter((name) => !trail.includes(name));
    const included = resolveInclude(directive.args[0] ?? "", names).names;
    return files
      .filter(({ name }) => included.includes(name))
      .flatMap((file) => expand(file.text, files, [...trail, file.name]));
  });
}

/** The directives of a text without included files. None if it can't be read. */
export function parseReadable(text: string): Directive[] {
  try {
    return parseNginx(text, "");
  } catch (thrown) {
    if (!(thrown instanceof NginxSyntaxError)) throw thrown;
    return [];
  }
}
