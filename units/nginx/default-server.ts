/** What nginx needs to serve on passed sockets without a configuration by the user. */
import { challengeLine } from "./acme.ts";
import { AddressError, type ListenAddress } from "./address.ts";
import { listenLines } from "./listening.ts";
import { namesHashLine } from "./names-hash.ts";
import {
  certificateLines,
  commonCertificateLines,
  protocolLines,
  redirectServer,
  type TlsOptions,
} from "./tls.ts";
import { quoteWord } from "./tokens.ts";

/** What may differ from the image's own default.conf. */
export interface DefaultServerOptions {
  /** `server_name`. Default: "localhost". */
  serverName?: string;
  /** `root`, a directory in the container. Default: "/usr/share/nginx/html", the image's welcome page. */
  root?: string;
  /** Default: none. */
  tls?: TlsOptions | undefined;
}

/**
 * The text of a default.conf that serves static files on each of the addresses: the image's own, as in Example 1 of
 * podman-nginx-socket-activation. With TLS, one server for each certificate.
 *
 * @param listen one `listen` is written for each. A repeated address counts once
 * @throws AddressError if there is no address (nginx would take *:80), or an abstract unix socket among them
 * @example defaultServer([parseListenStream("0.0.0.0:8080")]) // "server {\n    listen 8080;\n    server_name localhost;\n…"
 */
export function defaultServer(listen: readonly ListenAddress[], options: DefaultServerOptions = {}): string {
  const { serverName = "localhost", tls } = options;
  const among = [...listen, ...(tls?.listen ?? [])];
  if (among.length === 0)
    throw new AddressError('no address to listen on. Give at least one, as "0.0.0.0:8080".');
  const rest = body(options.root ?? "/usr/share/nginx/html");
  if (tls === undefined) {
    return `server {
${listenLines({ plain: listen }, { among })}    server_name ${quoteWord(serverName)};
${rest}}
`;
  }
  const redirect = tls.redirect && listen.length > 0;
  // nginx chooses by the name that the client asks for (SNI). The first server is for all names without a certificate.
  const servers = [undefined, ...tls.names].map((name) => {
    const plain = redirect ? [] : listen;
    const lines = [
      ...(name === undefined ? commonCertificateLines(tls) : certificateLines(name)),
      ...protocolLines(tls),
      ...(tls.acme && plain.length > 0 ? ["", challengeLine] : []),
    ]
      .map((line) => (line === "" ? "\n" : `    ${line}\n`))
      .join("");
    return `server {
${listenLines({ plain, tls: tls.listen }, name === undefined ? { among } : {})}    server_name ${quoteWord(name ?? serverName)};

${lines}${rest}}
`;
  });
  const namesHash = namesHashLine([serverName, ...tls.names]);
  return [
    ...(namesHash === undefined ? [] : [`${namesHash}\n`]),
    ...servers,
    ...(redirect ? [redirectServer(serverName, listen, tls, among)] : []),
  ].join("\n");
}

/** The page. */
function body(directory: string): string {
  const root = quoteWord(directory);
  return `
    location / {
        root ${root};
        index index.html index.htm;
    }

    error_page 500 502 503 504 /50x.html;
    location = /50x.html {
        root ${root};
    }
`;
}

/**
 * The value of the environment variable NGINX, which tells nginx the descriptors that it inherits: all that systemd passes
 * (from 3 on: sd_listen_fds(3)). Every number ends in a mark; without the final ";" nginx ignores the last one (angie#128).
 *
 * @param count how many sockets are passed on; 1 or more
 * @throws RangeError for any other number
 * @see ngx_add_inherited_sockets() in nginx's src/core/nginx.c
 * @example nginxVariable(2) // "3:4;"
 */
export function nginxVariable(count: number): string {
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`${count} is not a number of sockets. Give a whole number of 1 or more.`);
  }
  return `${Array.from({ length: count }, (_, index) => 3 + index).join(":")};`;
}
