import type { KeySpecs, Many } from "../section.ts";

/**
 * `[Socket]`: where systemd listens, to start the service at the first request and hand it the sockets.
 *
 * @see systemd.socket(5)
 */
export interface SocketSection {
  /**
   * Addresses for connections: "0.0.0.0:80", "[::]:80", "80" (IPv6, and with that IPv4 too: see `bindIPv6Only`), a path,
   * or "@name". The service gets the descriptors in this order, from 3 on. Default: none.
   */
  listenStream?: Many;
  /** The service to start. Default: the one of the same name. */
  service?: string;
  /** Whether an IPv6 socket takes IPv4 too: "both", "ipv6-only", or "default" for the kernel's setting. Default: "default". */
  bindIPv6Only?: "default" | "both" | "ipv6-only";
  /** Whether an address may be bound that the host does not have (yet). Default: false. */
  freeBind?: boolean;
}

export const socketKeys = {
  listenStream: "repeated",
  service: "value",
  bindIPv6Only: "value",
  freeBind: "value",
} as const satisfies KeySpecs<SocketSection>;
