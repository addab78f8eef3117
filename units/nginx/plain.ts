import { type ListenAddress, isWildcard, sameAddress } from "./address.ts";
import { namedAddresses } from "./bind.ts";
import { type Listen, type NginxFile, findListens } from "./listens.ts";

/**
 * The address at which a plain HTTP/1 request reaches the servers of a socket, and is answered. Undefined if there is none, because a proxy
 * must first say who the client is. (nginx answers plain HTTP at a TLS listener with a plain 400.)
 *
 * nginx chooses among the servers of a wildcard by the address of each connection. With `listen 80` and `listen 127.0.0.1:80` the second
 * would answer a request to 127.0.0.1, but no client from outside ever reaches it.
 *
 * @param files what is mounted at /etc/nginx/conf.d
 * @see https://nginx.org/en/docs/http/ngx_http_core_module.html#listen; ngx_http_init_connection() in nginx's src/http/ngx_http_request.c
 * @example plainAddress([{ name: "a.conf", text: "server { listen 80; }" }], wildcard80) // 127.0.0.1:80
 */
export function plainAddress(files: readonly NginxFile[], socket: ListenAddress): ListenAddress | undefined {
  // UDP has its own ports.
  const listens = findListens(files).listens.filter(({ options }) => !options.includes("quic"));
  const named = namedAddresses(listens);
  const own = named.find(({ address }) => sameAddress(address, socket));
  if (own?.listens.some(({ options }) => options.includes("proxy_protocol")) === true) return undefined;
  const [usual, ...others] = loopbacks(socket);
  // A host name is usually "localhost".
  const free = listens.some((listen) => isByName(listen, socket)) ? others : [usual, ...others];
  return free.find(
    (one) =>
      one !== undefined &&
      (sameAddress(one, socket) || named.every(({ address }) => !sameAddress(one, address))),
  );
}

function isByName({ hostPorts }: Listen, socket: ListenAddress): boolean {
  if (hostPorts === undefined || socket.family === "unix" || !isWildcard(socket)) return false;
  return hostPorts.firstPort <= socket.port && socket.port <= hostPorts.lastPort;
}

/** The addresses that lead to a wildcard from its own host, the usual one first. For any other socket, its own address. */
function loopbacks(socket: ListenAddress): ListenAddress[] {
  if (socket.family === "unix" || !isWildcard(socket)) return [socket];
  if (socket.family === "ipv6") return [{ ...socket, address: "::1" }];
  // More addresses than any configuration listens on.
  return Array.from({ length: 254 }, (_, index) => ({ ...socket, address: `127.0.0.${index + 1}` }));
}
