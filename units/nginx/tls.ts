/** What nginx needs for TLS in the configurations that are generated. */
import { acmeDirectory, acmeFiles, besideChallenge } from "./acme.ts";
import type { ListenAddress } from "./address.ts";
import { listenLines } from "./listening.ts";
import { quoteWord } from "./tokens.ts";

/** Where the container sees certificates and keys. */
export const tlsDirectory = "/etc/nginx/tls";

/** TLS of the servers that are generated. */
export interface TlsOptions {
  listen: readonly ListenAddress[];
  /** HTTP/2 is offered beside HTTP/1.1 (ALPN). */
  http2: boolean;
  /** What comes without TLS is sent to the first address of {@link listen}. */
  redirect: boolean;
  /** Server names that have a certificate of their own, patterns like "*.example.com" among them. */
  names: readonly string[];
  /** The certificate of all others comes from a client of ACME. */
  acme: boolean;
}

/** The files of a certificate in {@link tlsDirectory}: of a server name, or those for all others. */
export function certificateFiles(serverName?: string): { certificate: string; key: string } {
  // No other "_" is in a host name.
  const prefix = serverName === undefined ? "" : `${serverName.replace("*", "_")}.`;
  return { certificate: `${prefix}certificate.pem`, key: `${prefix}key.pem` };
}

/** Which of the names with a certificate a server name gets: its own one, or that of its domain. */
export function certificateName(serverName: string, names: readonly string[]): string | undefined {
  return [serverName, serverName.replace(/^[^.]+/, "*")].find((name) => names.includes(name));
}

/**
 * Which of the server names gets the requests for a name: that name, or the longest pattern that it is below.
 *
 * @see https://nginx.org/en/docs/http/server_names.html#wildcard_names
 */
export function serverNameOf(name: string, serverNames: readonly string[]): string | undefined {
  if (serverNames.includes(name)) return name;
  return serverNames
    .filter((pattern) => pattern.startsWith("*.") && name.endsWith(pattern.slice(1)))
    .sort((one, other) => other.length - one.length)[0];
}

/** The directives that say which certificate it is, of one of {@link TlsOptions.names}. */
export function certificateLines(serverName: string): string[] {
  return linesFor(tlsDirectory, certificateFiles(serverName));
}

/** The same for the certificate of all others. */
export function commonCertificateLines({ acme }: Pick<TlsOptions, "acme">): string[] {
  return acme ? linesFor(acmeDirectory, acmeFiles) : linesFor(tlsDirectory, certificateFiles());
}

function linesFor(directory: string, { certificate, key }: { certificate: string; key: string }): string[] {
  return [
    `ssl_certificate ${quoteWord(`${directory}/${certificate}`)};`,
    `ssl_certificate_key ${quoteWord(`${directory}/${key}`)};`,
  ];
}

/**
 * The directives that are the same for every certificate. nginx 1.23.4 and older would offer TLS 1.0 and not 1.3. `http2` is a
 * directive since nginx 1.25.1; the option of `listen` that it was before is deprecated, and each start would say so.
 *
 * @see https://nginx.org/en/docs/http/ngx_http_v2_module.html#http2, https://nginx.org/en/docs/http/ngx_http_ssl_module.html
 */
export function protocolLines({ http2 }: Pick<TlsOptions, "http2">): string[] {
  return ["ssl_protocols TLSv1.2 TLSv1.3;", ...(http2 ? ["http2 on;"] : [])];
}

/** The server block that sends requests without TLS to the same page with it. */
export function redirectServer(
  serverName: string,
  plain: readonly ListenAddress[],
  tls: TlsOptions,
  among: readonly ListenAddress[] = [],
): string {
  const redirect = `return 301 https://$host${portSuffix(tls.listen)}$request_uri;`;
  return `server {
${listenLines({ plain }, { among })}    server_name ${quoteWord(serverName)};
${tls.acme ? besideChallenge(redirect) : `    ${redirect}\n`}}
`;
}

/** What comes after the host in the address of a page: of the first one that has a port. */
function portSuffix(listen: readonly ListenAddress[]): string {
  const port = listen.map((address) => (address.family === "unix" ? undefined : address.port)).find(Boolean);
  return port === undefined || port === 443 ? "" : `:${port}`;
}
