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
  /** Addresses for datagrams (UDP, for HTTP/3). Default: none. */
  listenDatagram?: Many;
  /** The service to start. Default: the one of the same name. */
  service?: string;
  /** The name of the descriptors in LISTEN_FDNAMES: up to 255 ASCII characters without ":". Default: the unit's name. */
  fileDescriptorName?: string;
  /** Whether to start one instance of a template for each connection, inetd's way. nginx wants false. Default: false. */
  accept?: boolean;
  /** Whether an IPv6 socket takes IPv4 too: "both", "ipv6-only", or "default" for the kernel's setting. Default: "default". */
  bindIPv6Only?: "default" | "both" | "ipv6-only";
  /** Whether an address may be bound that the host does not have (yet). Default: false. */
  freeBind?: boolean;
  /** Whether several sockets may bind the port (SO_REUSEPORT). Default: false. */
  reusePort?: boolean;
  /** Whether addresses of other hosts may be bound, for transparent proxies (IP_TRANSPARENT). Default: false. */
  transparent?: boolean;
  /** The network interface that traffic has to come from. Default: any. */
  bindToDevice?: string;
  /** How many connections may wait to be accepted. Default: 4294967295, so that net.core.somaxconn counts (4096). */
  backlog?: number;
  /** Whether TCP asks now and then if the other side is still there. Default: false. */
  keepAlive?: boolean;
  /** How long a connection is silent before TCP asks: "2h". Default: 7200 seconds. */
  keepAliveTimeSec?: string | number;
  /** Whether small packets are sent at once (TCP_NODELAY). Default: false. */
  noDelay?: boolean;
  /** How long the kernel may wait for the first data before it wakes the service: "1s". Default: not at all. */
  deferAcceptSec?: string | number;
  /** The size of the receive buffer: "4M". Default: the kernel's. */
  receiveBuffer?: string | number;
  /** The size of the send buffer: "4M". Default: the kernel's. */
  sendBuffer?: string | number;
  /** Who owns a socket in the file system. Default: the manager's user. */
  socketUser?: string;
  /** The group of a socket in the file system. Default: that of `socketUser`, or the manager's. */
  socketGroup?: string;
  /** The mode of a socket in the file system, octal. Default: "0666". */
  socketMode?: string;
  /** The mode of directories that are made for it, octal. Default: "0755". */
  directoryMode?: string;
  /** Whether the socket's path is removed when the unit stops. Default: false. */
  removeOnStop?: boolean;
  /** The time in which `triggerLimitBurst` counts. "0" turns the limit off. Default: "2s". */
  triggerLimitIntervalSec?: string | number;
  /** How many starts of the service are possible in that time before the socket fails. Default: 20 (200 with `accept`). */
  triggerLimitBurst?: number;
}

export const socketKeys = {
  listenStream: { directive: "ListenStream", kind: "repeated" },
  listenDatagram: { directive: "ListenDatagram", kind: "repeated" },
  service: { directive: "Service", kind: "value" },
  fileDescriptorName: { directive: "FileDescriptorName", kind: "value" },
  accept: { directive: "Accept", kind: "value" },
  bindIPv6Only: { directive: "BindIPv6Only", kind: "value" },
  freeBind: { directive: "FreeBind", kind: "value" },
  reusePort: { directive: "ReusePort", kind: "value" },
  transparent: { directive: "Transparent", kind: "value" },
  bindToDevice: { directive: "BindToDevice", kind: "value" },
  backlog: { directive: "Backlog", kind: "value" },
  keepAlive: { directive: "KeepAlive", kind: "value" },
  keepAliveTimeSec: { directive: "KeepAliveTimeSec", kind: "value" },
  noDelay: { directive: "NoDelay", kind: "value" },
  deferAcceptSec: { directive: "DeferAcceptSec", kind: "value" },
  receiveBuffer: { directive: "ReceiveBuffer", kind: "value" },
  sendBuffer: { directive: "SendBuffer", kind: "value" },
  socketUser: { directive: "SocketUser", kind: "value" },
  socketGroup: { directive: "SocketGroup", kind: "value" },
  socketMode: { directive: "SocketMode", kind: "value" },
  directoryMode: { directive: "DirectoryMode", kind: "value" },
  removeOnStop: { directive: "RemoveOnStop", kind: "value" },
  triggerLimitIntervalSec: { directive: "TriggerLimitIntervalSec", kind: "value" },
  triggerLimitBurst: { directive: "TriggerLimitBurst", kind: "value" },
} as const satisfies KeySpecs<SocketSection>;
