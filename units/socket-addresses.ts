import { type ListenAddress, parseListenStream } from "./nginx/address.ts";
import { parse } from "./parse.ts";

/** The addresses of a socket unit, as far as this project knows them. */
export function listens(text: string, unit: string): { address: ListenAddress; ipv6Only: boolean }[] {
  const entries = parse(text, unit).sections.flatMap((section) => section.entries);
  const values = (key: string) =>
    entries.flatMap((entry) => ("key" in entry && entry.key === key ? [entry.value] : []));
  const streams = values("ListenStream");
  const ipv6Only = values("BindIPv6Only").at(-1) === "ipv6-only";
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
