import type { Host } from "../resources/contract.ts";
import { type Plain, type PlainObject, type Wire, type WireObject } from "./wire.ts";
import { isObject, isSecret, isSecretAt, reveal, secret, unknown, wireUnknown } from "./wire.ts";

/** One host and where it is. */
export interface Way {
  readonly host: Host;
  /** The host as the engine sent it, with its secrets marked. */
  readonly wire: Wire;
  /** {@link whereIs}, or empty if that is not known yet. */
  readonly at: string;
  /** `at` for the state: a secret address stays secret. */
  readonly shown: Wire;
}

export type Ways = Readonly<Record<string, Way>>;

/** The hosts by their names. The map itself may be a secret. */
export function waysOf(hosts: Wire | undefined): Ways {
  if (isSecret(hosts)) return waysOf(hosts.value);
  if (!isObject(hosts)) return {};
  return Object.fromEntries(
    Object.entries(hosts as WireObject).map(([name, wire]) => {
      const host = reveal(wire);
      const at = whereIs(host);
      const isHidden = ["address", "port", "jump"].some((field) => isSecretAt(wire, [field]));
      const shown = at === undefined ? wireUnknown : isHidden ? secret(at) : at;
      return [name, { host: host as unknown as Host, wire, at: at ?? "", shown }];
    }),
  );
}

/** Where the hosts are, for the inputs and outputs. Retired hosts are left out. */
export function whereOf(ways: Ways): WireObject {
  const part = Object.entries(ways).filter(([, { host }]) => host.state !== "retired");
  return Object.fromEntries(part.map(([name, { shown }]) => [name, shown]));
}

/**
 * Where a host is, without how to log in: "192.0.2.11:2222 via 198.51.100.7". Undefined if that is not known yet. Without a port in the
 * connection the port is left out, because only the ssh configuration knows it.
 */
function whereIs(connection: Plain | undefined): string | undefined {
  const { address, port, jump } = isObject(connection) ? (connection as PlainObject) : {};
  if (typeof address !== "string" || port === unknown || jump === unknown) return undefined;
  const host = address.includes(":") ? `[${address}]` : address;
  const at = typeof port === "number" && port !== 22 ? `${host}:${port}` : host;
  if (!jump) return at;
  const through = whereIs(jump);
  return through === undefined ? undefined : `${at} via ${through}`;
}
