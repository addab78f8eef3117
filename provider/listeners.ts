import { isSocket } from "../units/kinds.ts";
import { listens } from "../units/socket-addresses.ts";
import { type ListenAddress, overlaps, toListenStream } from "../units/nginx/address.ts";
import { type Plain, type PlainObject, isObject } from "./wire.ts";

interface Claim {
  owner: string;
  unit: string;
  address: ListenAddress;
  ipv6Only: boolean;
}

/**
 * Two sockets on one port work until the next boot, when the wrong one wins: so it is refused at preview, for all sets
 * that one run checks. Remembers what each set listens on.
 */
export class Listeners {
  readonly #byHost = new Map<string, Claim[]>();

  /** Says which sockets of a set listen where another set's do. */
  claim(owner: string, inputs: PlainObject, fail: (path: string, reason: string) => void): void {
    const { connection, units } = inputs as Record<string, Plain | undefined>;
    const host = hostOf(connection);
    if (host === undefined || !isObject(units)) return;
    const others = (this.#byHost.get(host) ?? []).filter((claim) => claim.owner !== owner);
    const own = Object.entries(units as PlainObject).flatMap(([unit, text]) =>
      typeof text === "string" && isSocket(unit) ? claims(owner, unit, text) : [],
    );
    this.#byHost.set(host, [...others, ...own]);
    for (const [index, { unit, address, ipv6Only }] of own.entries()) {
      const before = [...others, ...own.slice(0, index)];
      const other = before.find((claim) => overlaps(claim.address, address, claim.ipv6Only || ipv6Only));
      if (!other) continue;
      fail(
        "units",
        `${unit} listens on ${toListenStream(address)}, and so does ${other.unit} of ${other.owner} on the same host (${toListenStream(other.address)})`,
      );
    }
  }
}

/** The way to a host: one private address behind two jump hosts is two hosts. */
function hostOf(connection: Plain | undefined): string | undefined {
  if (!isObject(connection)) return undefined;
  const { address, port, jump } = connection as Record<string, Plain | undefined>;
  if (typeof address !== "string") return undefined;
  return `${hostOf(jump) ?? ""} ${address}:${typeof port === "number" ? port : 22}`;
}

function claims(owner: string, unit: string, text: string): Claim[] {
  return listens(text, unit).map((listened) => ({ owner, unit, ...listened }));
}
