/** The addresses in `listen` for which nginx opens a socket. */
import { isWildcard, toListenStream, wildcardOf, type ListenAddress } from "./address.ts";
import type { Listen } from "./listens.ts";

/** One address with every `listen` that names it. */
export interface NamedAddress {
  address: ListenAddress;
  /** In the order of the files; never empty. */
  listens: Listen[];
  /**
   * The wildcard that makes nginx open no socket for this address: with `listen 8080` and `listen 127.0.0.1:8080` it opens
   * 0.0.0.0:8080 only, and tells the servers apart by the address of each connection.
   */
  coveredBy?: NamedAddress;
}

/**
 * Options with which nginx opens a socket for an address even if a wildcard covers it: each sets `lsopt.bind` in ngx_http_core_listen()
 * (src/http/ngx_http_core_module.c, nginx 1.31; those that Linux has).
 */
const BINDING =
  /^(bind|deferred|reuseport|multipath|(backlog|fastopen|ipv6only|rcvbuf|sndbuf|so_keepalive)=.*)$/;

/**
 * Groups listens by address, and finds the addresses that a wildcard covers. Not for `quic`, which has its own UDP ports.
 *
 * @see ngx_http_init_listening() in nginx's src/http/ngx_http.c
 */
export function namedAddresses(listens: Listen[]): NamedAddress[] {
  const named = new Map<string, NamedAddress>();
  for (const listen of listens) {
    for (const address of listen.addresses) {
      const known = named.get(toListenStream(address));
      if (known === undefined) named.set(toListenStream(address), { address, listens: [listen] });
      else known.listens.push(listen);
    }
  }
  for (const one of named.values()) {
    if (one.address.family !== "unix" && !isWildcard(one.address) && !bindsByItself(one)) {
      one.coveredBy = named.get(toListenStream(wildcardOf(one.address)));
    }
  }
  return [...named.values()];
}

/**
 * Whether nginx opens a socket for this address even if a wildcard covers it. One `listen` of several with such an option
 * is enough: ngx_http_add_addresses() lets it win.
 */
export function bindsByItself({ listens }: NamedAddress): boolean {
  return listens.some(({ options }) => options.some((option) => BINDING.test(option)));
}
