import { type ListenAddress, parseListenStream } from "./nginx/address.ts";
import { valuesOf } from "./values.ts";

/** The addresses of a socket unit, as far as this project knows them. */
export function listens(text: string, unit: string): { address: ListenAddress; ipv6Only: boolean }[] {
  const streams = valuesOf(text, unit, "Socket", "ListenStream");
  const ipv6Only = valuesOf(text, unit, "Socket", "BindIPv6Only").at(-1) === "ipv6-only";
  // An empty assignment takes back those before it (systemd.socket(5)).
  return streams.slice(streams.lastIndexOf("") + 1).flatMap((stream) => {
    try {
      return [{ address: parseListenStream(stream), ipv6Only }];
    } catch {
      // An address that this project does not know is systemd's to judge.
      return [];
    }
  });
}
