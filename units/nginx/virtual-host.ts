/** The server blocks of a reverse proxy whose backends are containers. */
import { type ListenAddress, sameAddress } from "./address.ts";
import { type Extra, type ExtraLine, listensOf, named } from "./extra.ts";
import { type Headers, headersBeside, withHeaders } from "./headers.ts";
import { indent } from "./indent.ts";
import { type Listening, listenLines } from "./listening.ts";
import { conf, routesPattern, serverFile } from "./proxy-files.ts";
import { ownRetry, retryLine, retryLocation } from "./retry.ts";
import { certificateLines, certificateName, redirectServer, type TlsOptions } from "./tls.ts";
import { quoteWord } from "./tokens.ts";

/** Where requests go. */
export interface ProxiedBackend {
  /** With a port, the name of a container, which the network's DNS knows. Otherwise the name of an {@link upstream}. */
  name: string;
  port?: number | undefined;
  serverNames: readonly string[];
  /** It gets the requests for these paths and everything below them, as in nginx's `location`: "/", "/api/". */
  paths: readonly string[];
  extra: Extra;
}

/** One server name. */
export interface VirtualHost {
  serverName: string;
  listen: readonly ListenAddress[];
  tls?: TlsOptions | undefined;
  /** Names that the pattern matches and that have their own certificate. Each gets a server with the same locations. */
  names?: readonly string[];
  backend: ProxiedBackend;
  /** The headers of proxyHeaders(). */
  headers: Headers;
  /** Whether the server has a location "/", possibly in an included file. */
  isWhole: boolean;
}

/**
 * The server block of a server name. It also includes the files of routesFile(), so that a backend with a part of the name's paths can be
 * added or removed without a change here.
 *
 * @see https://nginx.org/en/docs/http/ngx_http_proxy_module.html
 */
export function virtualHost(host: VirtualHost): string {
  const { serverName, listen, tls, names = [], backend } = host;
  // nginx refuses an address that a server listens on twice.
  const own = isServers(backend) ? listensOf(backend.extra) : [];
  const without = (addresses: readonly ListenAddress[]) =>
    addresses.filter((one) => !own.some((other) => sameAddress(one, other)));
  const plain = without(listen);
  const withTls = without(tls?.listen ?? []);
  const redirect = tls?.redirect === true && plain.length > 0;
  return [
    server(serverName, { plain: redirect ? [] : plain, tls: withTls }, host),
    ...names.map((name) => server(name, { plain: [], tls: withTls }, host)),
    ...(redirect ? [redirectServer(serverName, plain, tls)] : []),
  ].join("\n");
}

function server(name: string, listening: Listening, host: VirtualHost): string {
  const { serverName, tls, backend, headers, isWhole } = host;
  const extra = isServers(backend) ? backend.extra : noExtra;
  const certificate = certificateName(name, tls?.names ?? []);
  const head = certificate === undefined ? [] : certificateLines(certificate);
  const tail = [
    ...headersBeside(extra, headers, headers),
    `include ${conf}/${serverFile};`,
    `include ${routesPattern(serverName)};`,
  ];
  return `server {
${listenLines(listening, {})}    server_name ${quoteWord(name)};
${block(head.join("\n"))}${extra.text.trim() === "" ? "" : `\n${block(extra.text)}`}
${block(locations(backend, headers, headers))}${isWhole ? "" : nothingElse}
${block(tail.join("\n"))}}
`;
}

const noExtra: Extra = { text: "", lines: [], directives: [] };

/** Whether a backend's own lines are for the whole server: see {@link locations}. */
export function isServers({ paths }: Pick<ProxiedBackend, "paths">): boolean {
  return paths.includes("/");
}

/** The headers of a backend's server block. */
export function serverHeaders(owner: ProxiedBackend, shared: Headers): Headers {
  return isServers(owner) ? withHeaders(owner.extra.directives, shared) : shared;
}

function block(text: string): string {
  return text === "" ? "" : `${indent(text.trimEnd())}\n`;
}

/** Otherwise nginx would look for a file of its image. */
const nothingElse = `    location / {
        return 404;
    }
`;

/**
 * The domain of podman's DNS. Without it, the name of a backend that is down would be looked up outside, if the network leads there, and
 * the host with that name would get the requests.
 */
const domain = "dns.podman";

/**
 * The locations of a backend. With a port, its name is in a variable, and the resolver looks it up when a request comes: nginx starts
 * without the backend, and finds it again at a new address (proxy_pass, "the server name may be a variable"). Without a port, the variable
 * is empty: there is nothing to look up again.
 *
 * A backend without "/" shares its server with others, now or later, and the server block may then belong to another backend. So its own
 * lines are in each of its locations, and its own locations are next to these: the same text in the same place, whichever backend has the
 * server block, and no effect on the paths of other backends. Directives that only a server can have fit nowhere: checkExtra() refuses
 * them.
 *
 * @param outer the headers of the server
 * @param shared the headers of proxyHeaders()
 */
export function locations(backend: ProxiedBackend, outer: Headers, shared: Headers): string {
  const { name, port, paths, extra } = backend;
  const lines = isServers(backend) ? [] : extra.lines;
  const beside = lines.filter((line) => line.name === "location");
  const within = lines.filter((line) => line.name !== "location");
  const sets = (directive: string) => within.length > 0 && named(extra.directives, directive).length > 0;
  const headers = sets("proxy_set_header") ? headersBeside(extra, outer, shared) : [];
  const texts = (some: readonly ExtraLine[]) => [...some.map(({ text }) => text), ...headers];
  // A request that is tried again is already rewritten.
  const settings = texts(within.filter((line) => !rewriting.includes(line.name)));
  const triesOtherwise = port !== undefined && settings.length > 0;
  const body = [
    `set $backend ${port === undefined ? '""' : `http://${name}.${domain}:${port}`};`,
    ...(triesOtherwise ? [`set $again ${ownRetry(name)};`] : []),
    ...texts(within),
    ...(port !== undefined && sets("error_page") ? [retryLine] : []),
    port === undefined ? `proxy_pass http://${name};` : "proxy_pass $backend;",
  ];
  return [
    ...paths.map((path) => `location ${quoteWord(path)} {\n${block(body.join("\n"))}}\n`),
    ...(triesOtherwise ? [retryLocation(name, settings)] : []),
    ...beside.map(({ text }) => `${text}\n`),
  ].join("");
}

/** Directives that change where a request goes, before it is sent there (ngx_http_rewrite_module, try_files). */
const rewriting = ["break", "if", "return", "rewrite", "set", "try_files"];

/**
 * A backend with Unix sockets, one for each replica. nginx starts without them, and tries the next one if one does not answer.
 *
 * @param paths in nginx's container
 * @see https://nginx.org/en/docs/http/ngx_http_upstream_module.html
 */
export function upstream(backend: string, paths: readonly string[]): string {
  // A socket that did not answer is tried again after a second. With nginx's default of ten seconds, clients would get 502 for ten seconds
  // if all replicas restart at once. nginx ignores this setting for a single socket.
  const again = paths.length > 1 ? " fail_timeout=1s" : "";
  return `upstream ${backend} {
${paths
  .map(
    (path) => `    server ${quoteWord(`unix:${path}`)}${again};
`,
  )
  .join("")}}
`;
}
