/**
 * Which of the files under /etc/nginx/conf.d an `include` reads. The image's nginx.conf has
 * `include /etc/nginx/conf.d/*.conf;` in its http block.
 */
import { globMatches, isGlob } from "../glob.ts";
import { cleanPath, isBelow } from "../volume.ts";

const PREFIX = "/etc/nginx";
export const CONF_D = `${PREFIX}/conf.d`;

/** Files of the image that hold no `server` and no `listen`: they need not be seen. */
const HARMLESS = ["mime.types", "fastcgi_params", "scgi_params", "uwsgi_params"].map(
  (name) => `${PREFIX}/${name}`,
);

/** The host of a reverse proxy writes only a `resolver` there: see virtual-host.ts. */
const RESOLVER_D = `${PREFIX}/resolver.d`;

/** What an `include` reads: our files, and whether it may read others that can't be seen from here. */
export interface Included {
  names: string[];
  /** Whether it reads, or may read, files outside /etc/nginx/conf.d, or in a volume below it. */
  unseen: boolean;
  /** Whether it names a missing file in /etc/nginx/conf.d, or a directory: nginx would not start. */
  missing: boolean;
}

/** Whether nginx reads a file of conf.d by itself. */
export function isReadByNginx(name: string): boolean {
  return resolveInclude(readByNginx, [name]).names.length > 0;
}

/** What nginx reads by itself. */
export const readByNginx = `${CONF_D}/*.conf`;

/**
 * @param pattern the argument of `include`: a path, absolute or from /etc/nginx, or a pattern (glob(3))
 * @param names our files, as paths below /etc/nginx/conf.d
 * @param mounts where volumes are in the container
 * @see ngx_conf_include() in nginx's src/core/ngx_conf_file.c, ngx_open_glob() in src/os/unix/ngx_files.c
 */
export function resolveInclude(
  pattern: string,
  names: readonly string[],
  mounts: readonly string[] = [],
): Included {
  const path = pattern.startsWith("/") ? pattern : `${PREFIX}/${pattern}`;
  const tree = new Tree(names, mounts);
  let places: Place[] = ["/"];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    places = [...new Set(places.flatMap((place) => tree.below(place, part, isGlob(path))))];
  }
  const found = new Set(places.filter((place) => place !== undefined && tree.kind(place) === "file"));
  const isMissing = (place: Place) =>
    place !== undefined && ["nothing", "directory"].includes(tree.kind(place));
  return {
    names: names.filter((name) => found.has(`${CONF_D}/${name}`)),
    unseen: places.some((place) => place === undefined || tree.kind(place) === "unseen"),
    // A pattern may match nothing.
    missing: !isGlob(path) && (places.length === 0 || places.some(isMissing)),
  };
}

/** An absolute path without "..". Undefined for one that may lead anywhere, because a directory of the image may be a link. */
type Place = string | undefined;

/** What is known about the container's files: all of conf.d, except in the volumes below it, and nothing else. */
class Tree {
  readonly #files: Set<string>;
  readonly #directories: Set<string>;
  /** The volumes below conf.d. */
  readonly #mounts: readonly string[];

  constructor(names: readonly string[], mounts: readonly string[]) {
    const paths = names.map((name) => `${CONF_D}/${name}`);
    this.#files = new Set(paths);
    this.#directories = new Set([...paths, `${CONF_D}/`].flatMap(above));
    this.#mounts = mounts.map(cleanPath).filter((mount) => isBelow(mount, CONF_D));
  }

  kind(path: string): "file" | "directory" | "nothing" | "harmless" | "unseen" {
    if (
      this.#mounts.some(
        (mount) => mount === path || (isBelow(path, CONF_D) && isBelow(mount, path)) || isBelow(path, mount),
      )
    )
      return "unseen";
    if (this.#files.has(path)) return "file";
    if (this.#directories.has(path)) return "directory";
    if (isBelow(path, CONF_D)) return "nothing";
    return HARMLESS.includes(path) || isBelow(path, RESOLVER_D) ? "harmless" : "unseen";
  }

  /** The places to which a part of a path leads from a place. */
  below(place: Place, part: string, isPattern: boolean): Place[] {
    if (place === undefined) return [undefined];
    const isDirectory = this.#directories.has(place);
    if (part === "..") {
      if (isDirectory) return [place.replace(/\/[^/]*$/, "") || "/"];
      return this.kind(place) === "unseen" || this.kind(place) === "harmless" ? [undefined] : [];
    }
    const child = (name: string) => (place === "/" ? `/${name}` : `${place}/${name}`);
    if (!isDirectory || !isPattern || !isGlob(part)) return [child(part)];
    const known = new Set(
      [...this.#files, ...this.#directories, ...this.#mounts]
        .filter((path) => isBelow(path, place))
        .map((path) => path.slice(child("").length).split("/", 1)[0] ?? ""),
    );
    const matching = [...known].filter((name) => globMatches(part, name)).map(child);
    return place === CONF_D || isBelow(place, CONF_D) ? matching : [...matching, undefined];
  }
}

/** The directories that lead to a path. */
function above(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/") || "/");
}
