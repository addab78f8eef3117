import { canonicalIpv6 } from "../../units/nginx/ip.ts";
import type { InternetAddress } from "../../units/nginx/address.ts";

/** A TCP socket that listens on a host. */
export interface OpenPort {
  address: InternetAddress;
  /** Who listens, as far as the account may see: "nginx (process 123)", "the unit old.socket"; "" if it can't be seen. */
  holder: string;
}

/**
 * Reads lines of /proc/net/tcp and tcp6. Pure.
 *
 * @param listening the lines of listening sockets
 * @param holders "INODE NAME" for each socket whose holder was found
 * @see proc_net_tcp(5)
 */
export function openPorts(listening: string, holders: string): OpenPort[] {
  const names = new Map(
    holders
      .split("\n")
      .filter(Boolean)
      .map((line): [string, string] => {
        const at = line.indexOf(" ");
        return [line.slice(0, at), line.slice(at + 1)];
      }),
  );
  return listening
    .split("\n")
    .filter(Boolean)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [host = "", port = ""] = (fields[1] ?? "").split(":");
      const address = hostAddress(host);
      if (!address) return [];
      return [
        {
          address: { ...address, port: Number.parseInt(port, 16) },
          holder: names.get(fields[9] ?? "") ?? "",
        },
      ];
    });
}

/** The kernel prints each 32 bits as a number in the byte order of the machine: little-endian on all that podman is built for. */
function hostAddress(text: string): Omit<InternetAddress, "port"> | undefined {
  const bytes = (text.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  if (bytes.length === 4)
    return { family: "ipv4", address: bytes.map((byte) => Number.parseInt(byte, 16)).join(".") };
  const groups = Array.from({ length: 8 }, (_, index) => `${bytes[2 * index]}${bytes[2 * index + 1]}`);
  const address = bytes.length === 16 ? canonicalIpv6(groups.join(":")) : undefined;
  return address === undefined ? undefined : { family: "ipv6", address };
}
