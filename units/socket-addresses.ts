import { AddressError, type ListenAddress, parseListenStream } from "./nginx/address.ts";
import { assignmentsOf, valueOf } from "./values.ts";

/**
 * The addresses of a socket unit, as far as this project knows them. A text that it can't read has none: systemd judges units that were
 * written on the host, and may only warn.
 */
export function listens(text: string, unit: string): { address: ListenAddress; ipv6Only: boolean }[] {
  const ipv6Only = valueOf(text, unit, "Socket", "BindIPv6Only") === "ipv6-only";
  const listening = assignmentsOf(text, unit, "Socket").filter(({ key }) => listenKeys.has(key));
  const taken = listening.findLastIndex(({ value }) => value === "");
  return listening.slice(taken + 1).flatMap(({ key, value }) => {
    const address = key === "ListenStream" ? parsed(value) : undefined;
    return address === undefined ? [] : [{ address, ipv6Only }];
  });
}

/** An empty assignment to one of these keys resets all earlier assignments: config_parse_socket_listen() in systemd's load-fragment.c. */
const listenKeys = new Set([
  "ListenStream",
  "ListenDatagram",
  "ListenSequentialPacket",
  "ListenFIFO",
  "ListenNetlink",
  "ListenSpecial",
  "ListenMessageQueue",
  "ListenUSBFunction",
]);

function parsed(stream: string): ListenAddress | undefined {
  try {
    return parseListenStream(stream);
  } catch (thrown) {
    if (thrown instanceof AddressError) return undefined;
    throw thrown;
  }
}
