import { fold, grouped } from "../rollout/fold.ts";
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
 * Refuses two sockets on one port at preview, for all sets that one run checks: they work until the next boot, and then the wrong one wins.
 * Remembers what each set listens on.
 */
export class Listeners {
  readonly #byHost = new Map<string, Claim[]>();

  /** Reports the sockets of a set that listen where another set's sockets listen. */
  claim(owner: string, inputs: PlainObject, fail: (path: string, reason: string) => void): void {
    const { hosts, units, userUnits } = inputs as Record<string, Plain | undefined>;
    if (!isObject(hosts) || !isObject(units)) return;
    const all = { ...(units as PlainObject), ...(isObject(userUnits) ? (userUnits as PlainObject) : {}) };
    const own = Object.entries(all).flatMap(([unit, text]) =>
      typeof text === "string" && isSocket(unit) ? claims(owner, unit, text) : [],
    );
    const problems: { name: string; why: string }[] = [];
    for (const [name, connection] of Object.entries(hosts)) {
      const host = hostOf(connection);
      if (host === undefined) continue;
      const others = (this.#byHost.get(host) ?? []).filter((claim) => claim.owner !== owner);
      this.#byHost.set(host, [...others, ...own]);
      problems.push(...clashes(own, others).map((why) => ({ name, why })));
    }
    for (const { why, names } of grouped(problems)) fail("units", `${why} on the same host: ${fold(names)}`);
  }
}

function clashes(own: readonly Claim[], others: readonly Claim[]): string[] {
  return own.flatMap(({ unit, address, ipv6Only }, index) => {
    const before = [...others, ...own.slice(0, index)];
    const other = before.find((claim) => overlaps(claim.address, address, claim.ipv6Only || ipv6Only));
    if (!other) return [];
    const theirs = `${other.unit} of ${other.owner} (${toListenStream(other.address)})`;
    return [`${unit} listens on ${toListenStream(address)}, and so does ${theirs}`];
  });
}

/** The way to a host: the same private address behind two jump hosts means two hosts. */
function hostOf(connection: Plain | undefined): string | undefined {
  if (!isObject(connection)) return undefined;
  const { address, port, jump, state } = connection as Record<string, Plain | undefined>;
  if (typeof address !== "string" || state === "retired") return undefined;
  return `${hostOf(jump) ?? ""} ${address}:${typeof port === "number" ? port : 22}`;
}

function claims(owner: string, unit: string, text: string): Claim[] {
  return listens(text, unit).map((listened) => ({ owner, unit, ...listened }));
}
