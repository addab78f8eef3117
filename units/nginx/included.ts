/** Directives of several files as nginx reads them: what an `include` names stands in its place. */
import { isReadByNginx, resolveInclude } from "./include.ts";
import type { NginxFile } from "./listens.ts";
import { parseNginx, type Directive } from "./parse.ts";
import { NginxSyntaxError } from "./tokens.ts";

/**
 * The directives of a text, with those of what it includes. A text that can't be read has none, and a file that is not there
 * neither: that is for others to say (findListens(), `nginx -t`).
 *
 * @param files what it may include
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

/** @param trail the files that lead there, against includes that go round */
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

/** The directives of a text alone; of one that can't be read none. */
export function parseReadable(text: string): Directive[] {
  try {
    return parseNginx(text, "");
  } catch (thrown) {
    if (!(thrown instanceof NginxSyntaxError)) throw thrown;
    return [];
  }
}
