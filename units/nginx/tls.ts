/** What nginx needs for TLS in generated configurations. */
import { acmeDirectory, acmeFiles, besideChallenge } from "./acme.ts";
import type { ListenAddress } from "./address.ts";
import { listenLines } from "./listening.ts";
import { quoteWord } from "./tokens.ts";

/** Where the container sees certificates and keys. */
export const tlsDirectory = "/etc/nginx/tls";

/** The TLS settings of generated servers. */
export interface TlsOptions {
  listen: readonly ListenAddress[];
  /** Whether HTTP/2 is offered in addition to HTTP/1.1 (ALPN). */
  http2: boolean;
  /** Whether requests without TLS are redirected to the first address of {@link listen}. */
  redirect: boolean;
  /** Server names with their own certificate, including patterns like "*.example.com". */
  names: readonly string[];
  /** Whether the certificate for all other names comes from an ACME client. */
  acme: boolean;
}

/** The files of a certificate in {@link tlsDirectory}: for a server name, or for all others. */
export function certificateFiles(serverName?: string): { certificate: string; key: string } {
  // Host names have no other "_".
  const prefix = serverName === undefined ? "" : `${serverName.replace("*", "_")}.`;
  return { certificate: `${prefix}certificate.pem`, key: `${prefix}key.pem` };
}

/** The name whose certificate a server name uses: its own name, or the pattern of its domain. */
export function certificateName(serverName: string, names: readonly string[]): string | undefined {
  return [serverName, serverName.replace(/^[^.]+/, "*")].find((name) => names.includes(name));
}

/**
 * The server name that gets the requests for a name: the name itself, or the longest pattern that matches it.
 *
 * @see https://nginx.org/en/docs/http/server_names.html#wildcard_names
 */
export function serverNameOf(name: string, serverNames: readonly string[]): string | undefined {
  if (serverNames.includes(name)) return name;
  return serverNames
    .filter((pattern) => pattern.startsWith("*.") && name.endsWith(pattern.slice(1)))
    .sort((one, other) => other.length - one.length)[0];
}

/** The directives with the certificate of one of {@link TlsOptions.names}. */
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
 * The directives that are the same for every certificate. By default, nginx 1.23.4 and older offer TLS 1.0 and not 1.3. `http2` is a
 * directive since nginx 1.25.1. The former option of `listen` is deprecated, and each start would log that.
 *
 * @see https://nginx.org/en/docs/http/ngx_http_v2_module.html#http2, https://nginx.org/en/docs/http/ngx_http_ssl_module.html
 */
export function protocolLines({ http2 }: Pick<TlsOptions, "http2">): string[] {
  return ["ssl_protocols TLSv1.2 TLSv1.3;", ...(http2 ? ["http2 on;"] : [])];
}

/** The server block that redirects requests without TLS to the same page with TLS. */
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

/** The port after the host in a page's URL: that of the first address with a port. */
function portSuffix(listen: readonly ListenAddress[]): string {
  const port = listen.map((address) => (address.family === "unix" ? undefined : address.port)).find(Boolean);
  return port === undefined || port === 443 ? "" : `:${port}`;
}
