/**
 * Options of `listen` that have a different meaning on a socket that systemd passes on. nginx also sets all others (backlog=, rcvbuf=,
 * deferred, …) on an inherited socket: ngx_configure_listening_sockets() in src/core/ngx_connection.c.
 */
import type { NamedAddress } from "./bind.ts";
import { problemAt, type Problem } from "./problem.ts";

/** Looks at each `listen` of an address that a socket passes on. */
export function optionProblems({ address, listens }: NamedAddress): {
  errors: Problem[];
  warnings: Problem[];
} {
  const errors: Problem[] = [];
  const warnings: Problem[] = [];
  for (const { file, line, text, options } of listens) {
    const at = (what: string) => problemAt(file, line, `"${text}": ${what}`);
    if (options.includes("multipath")) errors.push(at(MULTIPATH));
    if (options.includes("reuseport")) warnings.push(at(REUSEPORT));
    if (address.family === "ipv6" && options.includes("ipv6only=on"))
      warnings.push(at(ipv6only("on", "ipv6-only")));
    if (address.family === "ipv6" && options.includes("ipv6only=off"))
      warnings.push(at(ipv6only("off", "both")));
  }
  return { errors, warnings };
}

/** If the protocol differs, nginx >= 1.29.7 opens a new socket (`change_protocol`) and closes the inherited one. */
const MULTIPATH =
  "multipath asks for an MPTCP socket, and the one that is passed on is TCP, so nginx would close it and every client would hang. Remove multipath.";

/**
 * ngx_clone_listening() adds one listening for each further worker. Only the first uses the inherited socket. The others open new ones.
 * Measured with nginx 1.22, two workers, a separate network namespace: one worker answered all requests.
 */
const REUSEPORT =
  "with reuseport only one worker serves the socket of systemd. The others open their own sockets in the container, which no client reaches. Remove reuseport: all workers share the socket without it.";

/** For a socket that is already open, ngx_open_listening_sockets() sets nothing that must be set before bind(2), such as IPV6_V6ONLY. */
function ipv6only(value: string, bindIpv6Only: string): string {
  return `ipv6only=${value} has no effect on a socket that is passed on. Remove it, and if you need it write BindIPv6Only=${bindIpv6Only} in the socket unit.`;
}
