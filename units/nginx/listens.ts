/** Finds what the servers of a configuration listen on, following includes. */
import { AddressError, parseListen, type ListenAddress } from "./address.ts";
import { outsideHttp } from "./contexts.ts";
import { isReadByNginx, readByNginx, resolveInclude } from "./include.ts";
import { parseNginx, type Directive } from "./parse.ts";
import { problemAt, type Problem } from "./problem.ts";
import { NginxSyntaxError } from "./tokens.ts";

/** A file that will be mounted below /etc/nginx/conf.d; `name` is its path there. */
export interface NginxFile {
  name: string;
  text: string;
}

/** One `listen`, or the one that nginx adds to a server without a `listen`. */
export interface Listen {
  file: string;
  line: number;
  /** As it was written, "listen 8080 ssl". Undefined for the one that nginx adds. */
  text?: string;
  /** Empty if it names a host. */
  addresses: ListenAddress[];
  /** The ports of a host name, first and last. */
  hostPorts?: { firstPort: number; lastPort: number };
  options: string[];
}

/** What could be read. With `unseen`, included files may have more. */
export interface Listens {
  listens: Listen[];
  unseen: boolean;
  /** Whether a file is not what nginx can read there. The errors report it, and its listens are not known. */
  broken: boolean;
  /** The files that nginx does not read: their names don't end in ".conf", and no file includes them. */
  unread: NginxFile[];
  errors: Problem[];
  warnings: Problem[];
}

/**
 * Reads all files that nginx reads from conf.d, which is in the http context.
 *
 * @param mounts where volumes are in the container: the content of those below conf.d can't be seen
 */
export function findListens(files: readonly NginxFile[], mounts: readonly string[] = []): Listens {
  const reader = new Reader(files, mounts);
  for (const { name } of files) {
    if (isReadByNginx(name)) reader.file(name, [], (directives, trail) => reader.http(directives, trail));
  }
  reader.found.unseen ||= resolveInclude(readByNginx, [], mounts).unseen;
  reader.found.unread = files.filter(({ name }) => !reader.isRead(name));
  return reader.found;
}

/** The files that lead to the one being read, itself last: for messages, and to stop circular includes. */
type Trail = string[];
type ReadContext = (directives: Directive[], trail: Trail) => void;

/** Reads only http and server contexts. No other context can have a `listen`, so the includes of a location do not matter. */
class Reader {
  readonly found: Listens = {
    listens: [],
    unseen: false,
    broken: false,
    unread: [],
    errors: [],
    warnings: [],
  };
  readonly #texts: Map<string, string>;
  readonly #mounts: readonly string[];
  readonly #read = new Set<string>();

  constructor(files: readonly NginxFile[], mounts: readonly string[]) {
    this.#texts = new Map(files.map(({ name, text }) => [name, text]));
    this.#mounts = mounts;
  }

  isRead(name: string): boolean {
    return this.#read.has(name);
  }

  /** @returns whether the file could be read */
  file(name: string, trail: Trail, read: ReadContext): boolean {
    this.#read.add(name);
    try {
      read(parseNginx(this.#texts.get(name) ?? "", name), [...trail, name]);
      return true;
    } catch (error) {
      if (!(error instanceof NginxSyntaxError)) throw error;
      this.found.errors.push({ file: error.file, line: error.line, message: error.message });
      this.found.unseen = true;
      this.found.broken = true;
      return false;
    }
  }

  http(directives: Directive[], trail: Trail): void {
    const problem = outsideHttp(directives, trail.at(-1) ?? "");
    if (problem !== undefined) {
      this.found.errors.push(problem);
      this.found.unseen = true;
      this.found.broken = true;
    }
    for (const directive of directives) {
      if (directive.name === "server") this.#server(directive, trail);
      if (directive.name === "include")
        this.#include(directive, trail, (more, deeper) => this.http(more, deeper));
    }
  }

  #server(server: Directive, trail: Trail): void {
    if (this.#listensOf(server.block ?? [], trail)) return;
    // ngx_http_core_server() adds *:80 if nginx's master runs as root, as in its image (otherwise *:8000).
    const addresses: ListenAddress[] = [{ family: "ipv4", address: "0.0.0.0", port: 80 }];
    this.found.listens.push({ file: trail.at(-1) ?? "", line: server.line, addresses, options: [] });
  }

  /** @returns whether there is a `listen`, or may be one in what could not be read */
  #listensOf(directives: Directive[], trail: Trail): boolean {
    let isThere = false;
    for (const directive of directives) {
      if (directive.name === "listen") {
        this.#listen(directive, trail.at(-1) ?? "");
        isThere = true;
      } else if (directive.name === "include") {
        const isComplete = this.#include(directive, trail, (more, deeper) => {
          isThere = this.#listensOf(more, deeper) || isThere;
        });
        isThere ||= !isComplete;
      }
    }
    return isThere;
  }

  #listen(directive: Directive, file: string): void {
    const [parameter, ...options] = directive.args;
    const text = [directive.name, ...directive.args].join(" ");
    try {
      const target = parseListen(parameter ?? "");
      const listen: Listen = { file, line: directive.line, text, addresses: [], options };
      if (target.kind === "addresses") listen.addresses = target.addresses;
      else listen.hostPorts = { firstPort: target.firstPort, lastPort: target.lastPort };
      this.found.listens.push(listen);
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
      this.found.errors.push(problemAt(file, directive.line, `"${text}": ${error.message}`));
    }
  }

  /** @returns whether all included files could be read */
  #include(directive: Directive, trail: Trail, read: ReadContext): boolean {
    const pattern = directive.args[0] ?? "";
    const ours = [...this.#texts.keys()];
    const { names, unseen, missing } = resolveInclude(pattern, ours, this.#mounts);
    const at = (what: string) =>
      problemAt(trail.at(-1) ?? "", directive.line, `"include ${pattern}" ${what}`);
    let isComplete = !unseen && !missing;
    if (missing) {
      this.found.errors.push(
        at(`names a file that does not exist, so nginx won't start. Files in conf.d: ${ours.join(", ")}.`),
      );
    }
    if (unseen) {
      this.found.unseen = true;
      this.found.warnings.push(
        at('reads files that can\'t be seen from here: a "listen" in them is not compared with the sockets.'),
      );
    }
    for (const name of names) {
      if (trail.includes(name)) {
        const circle = [...trail, name].join(" → ");
        this.found.errors.push(at(`goes round in a circle: ${circle}. Remove one of these includes.`));
        isComplete = false;
      } else if (!this.file(name, trail, read)) {
        isComplete = false;
      }
    }
    return isComplete;
  }
}
