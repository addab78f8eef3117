/** The configuration of a reverse proxy whose backends are containers. */
import type { ListenAddress } from "./address.ts";
import { listenLines } from "./listening.ts";
import { certificateLines, certificateName, protocolLines, redirectServer, type TlsOptions } from "./tls.ts";
import { quoteWord } from "./tokens.ts";

/** Where the requests for a path and what is below it go. */
export interface Route {
  /** As in nginx's `location`: "/", "/api/". */
  path: string;
  /** The backend's name: with a port that of a container, which the network's DNS knows; else that of an {@link upstream}. */
  backend: string;
  port?: number | undefined;
}

/** One server name. */
export interface VirtualHost {
  serverName: string;
  listen: readonly ListenAddress[];
  tls?: TlsOptions | undefined;
  routes: readonly Route[];
  /** Lines for the server block, as they are written. */
  extra?: string | undefined;
}

const conf = "/etc/nginx/conf.d";

/** Where the file with the `resolver` of the network is mounted: only the host knows its address. */
export const resolverDirectory = "/etc/nginx/resolver.d";

/** The file with what all virtual hosts share. No backend can have this name, as "_" is in none. */
export const commonFile = "_proxy.conf";
/** The file with what all servers share for TLS. */
export const tlsFile = "_tls.conf";
/** The file with what each server block of a backend includes. */
export const serverFile = "_proxy-server";
/** The file with the server for all other names. */
export const otherNamesFile = "_default.conf";

/** The file with the routes of a backend to a server name that another backend has. */
export function routesFile(serverName: string, backend: string): string {
  return `${fileStem(serverName)}_${backend}.routes`;
}

/**
 * The server block of a server name. It also reads what {@link routesFile} names, so that a backend with a part of the name's
 * paths comes and goes without a change here.
 *
 * @see https://nginx.org/en/docs/http/ngx_http_proxy_module.html
 */
export function virtualHost({ serverName, listen, tls, routes, extra }: VirtualHost): string {
  const redirect = tls?.redirect === true && listen.length > 0;
  const certificate = certificateName(serverName, tls?.names ?? []);
  const listening = { plain: redirect ? [] : listen, tls: tls?.listen ?? [] };
  return `server {
${listenLines(listening, {})}    server_name ${quoteWord(serverName)};
${certificate === undefined ? "" : `${indent(certificateLines(certificate).join("\n"))}\n`}${extra === undefined || extra.trim() === "" ? "" : `\n${indent(extra.trimEnd())}\n`}
${indent(locations(routes))}${routes.some(({ path }) => path === "/") ? "" : nothingElse}
    include ${conf}/${serverFile};
    include ${conf}/${fileStem(serverName)}_*.routes;
}
${redirect ? `\n${redirectServer(serverName, listen, tls)}` : ""}`;
}

/** Else nginx would look for a file of its image. */
const nothingElse = `    location / {
        return 404;
    }
`;

/**
 * The domain of podman's DNS. Without it a backend that is down would be asked for outside, by a network that leads there, and
 * whoever answers would get its requests.
 */
const domain = "dns.podman";

/** The locations of routes. */
export function locations(routes: readonly Route[]): string {
  return routes
    .map(
      ({ path, backend, port }) => `location ${quoteWord(path)} {
${port === undefined ? passToUpstream(backend) : passToName(backend, port)}}
`,
    )
    .join("");
}

/**
 * A name in a variable is looked up when a request comes, by the resolver: nginx starts without it, and finds a backend again
 * that has another address (proxy_pass, "the server name may be a variable").
 */
function passToName(backend: string, port: number): string {
  return `    set $backend http://${backend}.${domain}:${port};
    proxy_pass $backend;
`;
}

/** The variable tells the server's @again that there is nothing to look up. */
function passToUpstream(backend: string): string {
  return `    set $backend "";
    proxy_pass http://${backend};
`;
}

/**
 * A backend with Unix sockets, one a replica. nginx starts without them, and tries the next where one does not answer.
 *
 * @param paths in nginx's container
 * @see https://nginx.org/en/docs/http/ngx_http_upstream_module.html
 */
export function upstream(backend: string, paths: readonly string[]): string {
  // One that did not answer is asked again after a second. nginx's own ten would be ten of 502 where all of them restart at once;
  // of a single one it takes no note.
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

/** The server for names that no backend has: without it, the first backend would get their requests. */
export function otherNames(plain: readonly ListenAddress[], tls: readonly ListenAddress[] = []): string {
  return `server {
${listenLines({ plain, tls }, { option: "default_server", among: [...plain, ...tls] })}    server_name _;
    return 404;
}
`;
}

/** What all servers share for TLS: the certificate of those that have none of their own. A server may set each of it otherwise. */
export function tlsCommon(tls: TlsOptions): string {
  return [...certificateLines(), ...protocolLines(tls), ""].join("\n");
}

/**
 * What all virtual hosts share, in the http context. A server may set each of it otherwise.
 *
 * An upgrade makes nginx a tunnel. A backend that takes "h2c" (RFC 7540, 3.2) would then be asked for other paths and names, with
 * whatever headers the client likes. `map` does not mind case.
 *
 * @param hasNetwork whether a backend is found by its name
 */
export function proxyCommon(hasNetwork = true): string {
  return `${hasNetwork ? resolver : ""}# Between neighbours that is long: nobody has the address any more.
proxy_connect_timeout 2s;

# WebSocket, and no other upgrade: what is said after it goes past all of this. Other connections to backends are used once.
proxy_http_version 1.1;
map $http_upgrade $proxy_upgrade {
    default "";
    websocket websocket;
}
map $proxy_upgrade $proxy_connection {
    default close;
    websocket upgrade;
}

# Answers are passed on as they come, so that streams and server-sent events work with any backend.
proxy_buffering off;

# The name that chose the server, with the port that the client wrote.
map $http_host $proxy_port_suffix {
    default "";
    "~(?<written_port>:[0-9]+)$" $written_port;
}
`;
}

const resolver = `# The network's own DNS, which knows the backends. The host writes its address when the service starts.
include ${resolverDirectory}/*.conf;
resolver_timeout 5s;

`;

/**
 * What each server block of a backend includes: the headers that backends get, and what is done about an address that was
 * right a moment ago.
 *
 * This proxy is the first hop: systemd hands it the client's own connection, so $remote_addr is the client. What the client
 * itself says of where it comes from ($proxy_add_x_forwarded_for would keep it) is not to be trusted, and replaced.
 */
export function proxyServer(): string {
  return `# This is the edge: what a client says of its own address and scheme is replaced, not added to.
proxy_set_header Host $host$proxy_port_suffix;
proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Forwarded-For $remote_addr;
proxy_set_header X-Forwarded-Proto $scheme;
proxy_set_header X-Forwarded-Host $host$proxy_port_suffix;
proxy_set_header X-Forwarded-Port $server_port;
proxy_set_header Forwarded "";
# Not for CGI programs to take as HTTP_PROXY (httpoxy).
proxy_set_header Proxy "";
proxy_set_header Upgrade $proxy_upgrade;
proxy_set_header Connection $proxy_connection;

# For a second nginx may know an address that the backend has had. Nothing was sent there, so it is looked up and tried once
# more: the backend answers, or is not there (502). One that was reached and said nothing stays a 504.
error_page 504 = @again;
location @again {
    if ($upstream_connect_time ~ [0-9]) {
        return 504;
    }
    # A location of somebody else's.
    if ($backend = "") {
        return 504;
    }
    proxy_pass $backend;
}
`;
}

/** A "*" in the pattern of an include would match other names. No other "_" is in a host name or a backend's. */
function fileStem(serverName: string): string {
  return serverName.replace("*", "_");
}

function indent(text: string): string {
  return text
    .split("\n")
    .map((line) => (line === "" ? line : `    ${line}`))
    .join("\n");
}
