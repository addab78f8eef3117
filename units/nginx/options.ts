/**
 * Options of `listen` that mean something else on a socket that systemd passes on. The others (backlog=, rcvbuf=, deferred, …)
 * nginx sets on an inherited socket too: ngx_configure_listening_sockets() in src/core/ngx_connection.c.
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

/** nginx >= 1.29.7 makes a socket of another protocol anew (`change_protocol`) and closes the inherited one. */
const MULTIPATH =
  "multipath asks for an MPTCP socket, and the one that is passed on is TCP, so nginx would close it and every client would hang. Remove multipath.";

/**
 * ngx_clone_listening() adds one listening for each further worker. Only the first takes the inherited socket; the rest are
 * opened anew. Measured with nginx 1.22, two workers, a network namespace of its own: one worker answered all requests.
 */
const REUSEPORT =
  "with reuseport only one worker serves the socket of systemd. The others open their own sockets in the container, which no client reaches. Remove reuseport: all workers share the socket without it.";

/** ngx_open_listening_sockets() leaves out IPV6_V6ONLY, as all it sets before bind(2), for a socket that is already open. */
function ipv6only(value: string, bindIpv6Only: string): string {
  return `ipv6only=${value} has no effect on a socket that is passed on. Remove it, and if you need it write BindIPv6Only=${bindIpv6Only} in the socket unit.`;
}
