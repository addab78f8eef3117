/**
 * Which of the files under /etc/nginx/conf.d an `include` reads. The image's nginx.conf has
 * `include /etc/nginx/conf.d/*.conf;` in its http block.
 */

const PREFIX = "/etc/nginx/";
const CONF_D = "/etc/nginx/conf.d/";

/** Files of the image that hold no `server` and no `listen`: they need not be seen. */
const HARMLESS = ["mime.types", "fastcgi_params", "scgi_params", "uwsgi_params"].map((name) => PREFIX + name);

/** What a reverse proxy's host writes there is a `resolver`, and nothing else: see virtual-host.ts. */
const RESOLVER_D = `${PREFIX}resolver.d/`;

/** What an `include` reads: files of ours, and whether it may read others that can't be seen from here. */
export interface Included {
  names: string[];
  /** It reads, or may read, files outside /etc/nginx/conf.d. */
  unseen: boolean;
  /** It names a file in /etc/nginx/conf.d that is not there: nginx would not start. */
  missing: boolean;
}

/** Whether nginx reads a file of conf.d by itself. */
export function isReadByNginx(name: string): boolean {
  return resolveInclude(`${CONF_D}*.conf`, [name]).names.length > 0;
}

/**
 * @param pattern the argument of `include`: a path, absolute or from /etc/nginx, or a pattern with `*` and `?` (glob(7))
 * @param names our files, as paths below /etc/nginx/conf.d
 * @see ngx_conf_include() in nginx's src/core/ngx_conf_file.c
 */
export function resolveInclude(pattern: string, names: string[]): Included {
  const path = pattern.startsWith("/") ? pattern : PREFIX + pattern;
  if (path.startsWith(RESOLVER_D)) return { names: [], unseen: false, missing: false };
  const [literal = ""] = path.split(/[*?[]/, 1);
  if (literal === path) {
    const found = names.filter((name) => CONF_D + name === path);
    const isOurs = path.startsWith(CONF_D);
    return {
      names: found,
      unseen: !isOurs && !HARMLESS.includes(path),
      missing: isOurs && found.length === 0,
    };
  }
  // A set in brackets is more than is worth reading here: what it matches counts as unseen.
  if (path.includes("[")) return { names: [], unseen: true, missing: false };
  const matches = globPattern(path);
  return {
    names: names.filter((name) => matches.test(CONF_D + name)),
    unseen: !literal.startsWith(CONF_D),
    missing: false,
  };
}

/** A wildcard matches no "/", and no "." at the start of a name (glob(7)). */
function globPattern(path: string): RegExp {
  const segments = path.split("/").map((segment) => {
    const source = segment
      .replaceAll(/[.+^${}()|\\\]]/g, "\\$&")
      .replaceAll("*", "[^/]*")
      .replaceAll("?", "[^/]");
    return /^[*?]/.test(segment) ? `(?!\\.)${source}` : source;
  });
  return new RegExp(`^${segments.join("/")}$`);
}
