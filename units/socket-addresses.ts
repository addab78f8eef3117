import { AddressError, type ListenAddress, parseListenStream } from "./nginx/address.ts";
import { UnitSyntaxError } from "./parse.ts";
import { valuesOf } from "./values.ts";

/**
 * The addresses of a socket unit, as far as this project knows them. A text that it can't read has none: what somebody has written
 * on the host is systemd's to judge, which may only warn.
 */
export function listens(text: string, unit: string): { address: ListenAddress; ipv6Only: boolean }[] {
  try {
    const streams = valuesOf(text, unit, "Socket", "ListenStream");
    const ipv6Only = valuesOf(text, unit, "Socket", "BindIPv6Only").at(-1) === "ipv6-only";
    // An empty assignment takes back those before it (systemd.socket(5)).
    return streams.slice(streams.lastIndexOf("") + 1).flatMap((stream) => {
      const address = parsed(stream);
      return address === undefined ? [] : [{ address, ipv6Only }];
    });
  } catch (thrown) {
    if (thrown instanceof UnitSyntaxError) return [];
    throw thrown;
  }
}

function parsed(stream: string): ListenAddress | undefined {
  try {
    return parseListenStream(stream);
  } catch (thrown) {
    if (thrown instanceof AddressError) return undefined;
    throw thrown;
  }
}
