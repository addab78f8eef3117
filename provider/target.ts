import type { Connection, Credentials, JumpHost } from "../resources/contract.ts";
import type { Target } from "../host/ssh/endpoint.ts";

/**
 * How to reach a host: its connection with all overrides. The code does not compile if {@link Target} lacks a field of the connection.
 *
 * @param name what the stack calls the host
 * @param overrides the provider's configuration, and a time limit of the resource
 */
export function targetOf(
  overrides: Partial<Connection>,
  connection: Connection,
  name: string,
): Pick<Target, keyof Connection | "hopCredentials" | "name"> {
  // A host key belongs to one host, and a jump host is another host.
  const hopCredentials = { ...overrides };
  delete hopCredentials.hostKey;
  delete hopCredentials.commandTimeout;
  const way = (jump: JumpHost | undefined): JumpHost | undefined =>
    jump && { ...override(jump, hopCredentials), jump: way(jump.jump) };
  return { ...override(connection, overrides), jump: way(connection.jump), hopCredentials, name };
}

/** A configured credential replaces all of its kind: an old key must not win over a new agent. */
function override<T extends Credentials>(endpoint: T, overrides: Partial<Connection>): T {
  const kept = { ...endpoint };
  for (const kind of [
    ["identityFile", "privateKey", "passphrase", "agent"],
    ["hostKey", "knownHostsFile"],
  ] as const) {
    if (kind.some((name) => overrides[name] !== undefined)) for (const name of kind) delete kept[name];
  }
  return { ...kept, ...overrides };
}
