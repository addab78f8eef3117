/** What the virtual hosts of a reverse proxy share. */
import { besideChallenge } from "./acme.ts";
import type { ListenAddress } from "./address.ts";
import { listenLines } from "./listening.ts";
import { namesHashLine } from "./names-hash.ts";
import type { Directive } from "./parse.ts";
import { resolverDirectory } from "./proxy-files.ts";
import { retryMap } from "./retry.ts";
import { commonCertificateLines, protocolLines, type TlsOptions } from "./tls.ts";

/** The server for names that no backend has: without it, the first backend would get their requests. */
export function otherNames(
  plain: readonly ListenAddress[],
  { listen: tls, acme }: Pick<TlsOptions, "listen" | "acme"> = { listen: [], acme: false },
): string {
  const nothing = "return 404;";
  return `server {
${listenLines({ plain, tls }, { option: "default_server", among: [...plain, ...tls] })}    server_name _;
${acme ? besideChallenge(nothing) : `    ${nothing}\n`}}
`;
}

/**
 * What all servers share for TLS: the certificate for servers without their own. A server may override each directive.
 *
 * @param own as in {@link ProxyCommon}
 */
export function tlsCommon(tls: TlsOptions, own: readonly Directive[] = []): string {
  const protocols = protocolLines(tls).filter((line) =>
    own.every(({ name }) => !line.startsWith(`${name} `)),
  );
  return [...commonCertificateLines(tls), ...protocols, ""].join("\n");
}

/** What {@link proxyCommon} depends on. */
export interface ProxyCommon {
  /** Whether a backend is found by its name. */
  hasNetwork?: boolean;
  /** All names with a server block. */
  serverNames?: readonly string[];
  /** The directives of the user's own files in the http context: nginx refuses a duplicate directive. */
  own?: readonly Directive[];
}

/**
 * What all virtual hosts share, in the http context. A server may override each directive.
 *
 * An upgrade makes nginx a tunnel. Through it a client could ask a backend that accepts "h2c" (RFC 7540, 3.2) for other paths and names,
 * with any headers. `map` ignores case.
 */
export function proxyCommon({ hasNetwork = true, serverNames = [], own = [] }: ProxyCommon = {}): string {
  const unless = (name: string, text: string) => (own.some((other) => other.name === name) ? "" : text);
  const namesHash = namesHashLine(serverNames) ?? "";
  const parts = [
    hasNetwork ? resolver + unless("resolver_timeout", "resolver_timeout 5s;\n") : "",
    namesHash === "" ? "" : unless("server_names_hash_bucket_size", `# For a long name.\n${namesHash}\n`),
    unless("proxy_connect_timeout", connectTimeout),
    unless("proxy_http_version", httpVersion),
    upgrades,
    unless("proxy_buffering", buffering),
    portSuffix,
    retryMap,
  ];
  return parts.filter((part) => part !== "").join("\n");
}

const resolver = `# The network's own DNS, which knows the backends. The host writes its address when the service starts.
include ${resolverDirectory}/*.conf;
`;

const connectTimeout = `# Between neighbours that is long: nobody has the address any more.
proxy_connect_timeout 2s;
`;

const httpVersion = `# WebSocket needs it. Other connections to backends are used once.
proxy_http_version 1.1;
`;

const upgrades = `# WebSocket, and no other upgrade: what is said after it goes past all of this.
map $http_upgrade $proxy_upgrade {
    default "";
    websocket websocket;
}
map $proxy_upgrade $proxy_connection {
    default close;
    websocket upgrade;
}
`;

const buffering = `# Answers are passed on as they come, so that streams and server-sent events work with any backend.
proxy_buffering off;
`;

const portSuffix = `# The name that chose the server, with the port that the client wrote.
map $http_host $proxy_port_suffix {
    default "";
    "~(?<written_port>:[0-9]+)$" $written_port;
}
`;
