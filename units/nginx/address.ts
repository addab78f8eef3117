/**
 * The addresses that systemd sockets and nginx listen on, read from and written in the language of each:
 * `ListenStream=` of systemd.socket(5) and the `listen` directive of ngx_http_core_module.
 */
import { canonicalIpv4, canonicalIpv6 } from "./ip.ts";

/**
 * An address to listen on. Two of them are one socket exactly if family, address and port are equal
 * (ngx_cmp_sockaddr in nginx's src/core/ngx_inet.c), so `[::ffff:127.0.0.1]:80` (IPv6) is not `127.0.0.1:80` (IPv4).
 *
 * - `address` is canonical text: "0.0.0.0", "::", "::ffff:192.0.2.1"; IPv6 has no brackets.
 * - `port` is 1 to 65535.
 * - `path` is absolute, or "@name" for an abstract socket (unix(7)), which systemd can pass on but nginx can't name.
 */
export type ListenAddress = InternetAddress | { family: "unix"; path: string };

/** A {@link ListenAddress} of TCP. */
export interface InternetAddress {
  family: "ipv4" | "ipv6";
  address: string;
  port: number;
}

/** What the parameter of a `listen` stands for: the addresses (many, for a port range), or a host name with its ports. */
export type ListenTarget =
  | { kind: "addresses"; addresses: ListenAddress[] }
  | { kind: "host"; host: string; firstPort: number; lastPort: number };

/** Text that is not an address to listen on. The message says what was found and what would be right. */
export class AddressError extends Error {
  override name = "AddressError";
}

/** sun_path has 108 bytes and ends in a zero byte (unix(7)). */
export const LONGEST_PATH = 107;

/**
 * Reads the value of `ListenStream=`.
 *
 * @param text "8080" (IPv6 wildcard: [::]:8080), "0.0.0.0:8080", "[::1]:8080", "/run/example.sock" or "@example"
 * @throws AddressError for anything else; also for what nginx can't listen on (vsock) or what only the host knows (specifiers)
 * @see systemd.socket(5), ListenStream=; socket_address_parse() in systemd's src/shared/socket-netlink.c
 */
export function parseListenStream(text: string): ListenAddress {
  if (text.startsWith("/") || text.startsWith("@")) return unixAddress(text, text);
  if (text.startsWith("vsock")) {
    throw new AddressError(`"${text}": nginx has no listen for AF_VSOCK. ${LISTEN_STREAM_FORMS}`);
  }
  if (text.includes("%")) throw new AddressError(`"${text}": ${NO_PERCENT}`);
  if (/^\d+$/.test(text)) return { family: "ipv6", address: "::", port: port(text, text) };
  const [, bracketed, plain, portText] = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(text) ?? [];
  if (portText !== undefined) {
    const ipv6 = bracketed === undefined ? undefined : canonicalIpv6(bracketed);
    if (ipv6 !== undefined) return { family: "ipv6", address: ipv6, port: port(portText, text) };
    const ipv4 = plain === undefined ? undefined : canonicalIpv4(plain);
    if (ipv4 !== undefined) return { family: "ipv4", address: ipv4, port: port(portText, text) };
  }
  throw new AddressError(`"${text}" is not an address that systemd can listen on. ${LISTEN_STREAM_FORMS}`);
}

const LISTEN_STREAM_FORMS =
  'Write an address and a port, as "0.0.0.0:8080" (IPv4) or "[::]:8080" (IPv6), or a path, as "/run/example.sock".';
const NO_PERCENT =
  'only the host knows what "%" stands for (a specifier, an interface), so it can\'t be compared with a "listen". Write the value.';

/**
 * Reads the first parameter of `listen`. The options that follow it are not part of it.
 *
 * @param parameter "80", "*:80", "0.0.0.0:80", "127.0.0.1" (port 80), "8080-8090", "[::]:80", "[::1]", "unix:/run/example.sock",
 *   "localhost:8000" (a host name: nginx looks it up when it starts)
 * @throws AddressError for what nginx refuses, and for a unix socket that systemd could never have bound
 * @see https://nginx.org/en/docs/http/ngx_http_core_module.html#listen; ngx_parse_url() in nginx's src/core/ngx_inet.c
 */
export function parseListen(parameter: string): ListenTarget {
  if (/^unix:/i.test(parameter)) {
    return { kind: "addresses", addresses: [unixListen(parameter.slice("unix:".length), parameter)] };
  }
  if (parameter.startsWith("[")) {
    const [, text, portText = "80"] = /^\[([^\]]*)\](?::(.*))?$/s.exec(parameter) ?? [];
    const address = canonicalIpv6(text ?? "");
    if (address === undefined) {
      throw new AddressError(
        `"${parameter}" has no valid IPv6 address in its brackets. Write for example "[::1]:80".`,
      );
    }
    return eachPort("ipv6", address, ports(portText, parameter));
  }
  if (/^\d+(-\d+)?$/.test(parameter)) return eachPort("ipv4", "0.0.0.0", ports(parameter, parameter));
  const [, host = "", portText = "80"] = /^([^:/?]*)(?::(.*))?$/s.exec(parameter) ?? [];
  if (host === "") {
    throw new AddressError(
      `"${parameter}" is not an address that nginx can listen on. Write for example "80", "127.0.0.1:80", "[::1]:80" or "unix:/run/example.sock".`,
    );
  }
  const range = ports(portText, parameter);
  const address = host === "*" ? "0.0.0.0" : canonicalIpv4(host);
  if (address === undefined) return { kind: "host", host, ...range };
  return eachPort("ipv4", address, range);
}

/** Whether both are the same address for nginx (ngx_cmp_sockaddr). */
export function sameAddress(one: ListenAddress, other: ListenAddress): boolean {
  return toListenStream(one) === toListenStream(other);
}

/**
 * Whether the kernel refuses to listen on both (EADDRINUSE): a wildcard includes every address of its family and port, and an IPv6 wildcard
 * also those of IPv4.
 *
 * @param ipv6Only whether an IPv6 wildcard is only for IPv6 (systemd.socket(5), BindIPv6Only=ipv6-only)
 */
export function overlaps(one: ListenAddress, other: ListenAddress, ipv6Only: boolean): boolean {
  if (one.family === "unix" || other.family === "unix") return sameAddress(one, other);
  if (one.port !== other.port) return false;
  if (one.family === other.family) return sameAddress(one, other) || isWildcard(one) || isWildcard(other);
  return !ipv6Only && isWildcard(one.family === "ipv6" ? one : other);
}

/** Whether no other machine can reach the address. */
export function isLocal(address: ListenAddress): boolean {
  return address.family === "unix" || /^(127\.|::1$)/.test(address.address);
}

/** Whether the address stands for every address of its family (ngx_inet_wildcard). */
export function isWildcard(address: ListenAddress): boolean {
  return address.family !== "unix" && (address.address === "0.0.0.0" || address.address === "::");
}

/**
 * Whether it is a specific address of a host, which the host may get late (from DHCP or keepalived) or lose: neither a wildcard nor the
 * loopback.
 */
export function isSpecific(address: ListenAddress): address is InternetAddress {
  return address.family !== "unix" && !isWildcard(address) && !/^(127\.|::1$)/.test(address.address);
}

/** The wildcard of the same family and port: for 127.0.0.1:80 it is 0.0.0.0:80. */
export function wildcardOf(address: InternetAddress): InternetAddress {
  return { ...address, address: address.family === "ipv4" ? "0.0.0.0" : "::" };
}

/**
 * The value of `ListenStream=`, always with the address, so that it means the same to a reader and to systemd.
 *
 * @example toListenStream({ family: "ipv6", address: "::", port: 80 }) // "[::]:80"
 */
export function toListenStream(address: ListenAddress): string {
  switch (address.family) {
    case "ipv4":
      return `${address.address}:${address.port}`;
    case "ipv6":
      return `[${address.address}]:${address.port}`;
    case "unix":
      return address.path;
  }
}

/**
 * The parameter of `listen` that makes nginx keep the socket of this address. It is not quoted: see `quoteWord`.
 *
 * @throws AddressError for an abstract unix socket, which nginx can't express: it reads "unix:@name" as a file's name
 * @example toNginxListen({ family: "ipv4", address: "0.0.0.0", port: 8080 }) // "8080"
 */
export function toNginxListen(address: ListenAddress): string {
  if (address.family === "unix") {
    if (address.path.startsWith("@")) throw new AddressError(`"${address.path}": ${NO_ABSTRACT}`);
    return `unix:${address.path}`;
  }
  if (address.family === "ipv4" && isWildcard(address)) return String(address.port);
  return toListenStream(address);
}

const NO_ABSTRACT =
  'nginx has no "listen" for an abstract unix socket (it reads the "@" as a part of a file name). Write a path, as "/run/example.sock".';

function unixListen(path: string, found: string): ListenAddress {
  if (path.startsWith("@")) throw new AddressError(`"${found}": ${NO_ABSTRACT}`);
  return unixAddress(path, found);
}

function unixAddress(path: string, found: string): ListenAddress {
  if (path.includes("%")) throw new AddressError(`"${found}": ${NO_PERCENT}`);
  // systemd accepts only absolute paths. nginx would resolve a relative one from its working directory.
  if (!/^(\/|@)./s.test(path)) {
    throw new AddressError(`"${found}": the path of a unix socket must be absolute, as "/run/example.sock".`);
  }
  // In a unit file a line ends at a control character, goes on after a "\", and loses the blanks around a value (systemd.syntax(7)).
  // eslint-disable-next-line no-control-regex
  if (/[\x00-\x1f\x7f\\]|\s$/.test(path)) {
    throw new AddressError(
      `${JSON.stringify(found)}: a control character, a "\\" or a space at the end can't be written in a socket unit. Choose another path.`,
    );
  }
  const bytes = new TextEncoder().encode(path).length;
  if (bytes > LONGEST_PATH) {
    throw new AddressError(
      `"${found}": ${bytes} bytes are too long for a unix socket. Use at most ${LONGEST_PATH}.`,
    );
  }
  return { family: "unix", path };
}

function port(text: string, found: string): number {
  const number = Number(text);
  if (number < 1 || number > 65535 || text.startsWith("0")) {
    throw new AddressError(`"${found}": ${text} is not a port. Ports are 1 to 65535, without leading zeros.`);
  }
  return number;
}

function ports(text: string, found: string): { firstPort: number; lastPort: number } {
  const [, first, last = first] = /^0*(\d+)(?:-0*(\d+))?$/.exec(text) ?? [];
  if (first === undefined || last === undefined) {
    throw new AddressError(
      `"${found}": "${text}" is not a port. Write a number, or a range as "8080-8090"; IPv6 needs brackets, as "[::1]:80".`,
    );
  }
  const range = { firstPort: port(first, found), lastPort: port(last, found) };
  if (range.firstPort > range.lastPort) {
    throw new AddressError(`"${found}": the range of ports starts above its end. Write "${last}-${first}".`);
  }
  return range;
}

function eachPort(
  family: "ipv4" | "ipv6",
  address: string,
  { firstPort, lastPort }: { firstPort: number; lastPort: number },
): ListenTarget {
  const count = lastPort - firstPort + 1;
  const addresses = Array.from({ length: count }, (_, index) => ({
    family,
    address,
    port: firstPort + index,
  }));
  return { kind: "addresses", addresses };
}
