import type { Connection, Credentials, JumpHost } from "../resources/contract.ts";
import type { Target } from "../host/ssh/endpoint.ts";

/**
 * The way to a host, with what overrides its connection. A field of the connection that a {@link Target} lacks does not compile.
 *
 * @param name what the stack calls the host
 * @param overrides the provider's configuration, and a time limit of the resource
 */
export function targetOf(
  overrides: Partial<Connection>,
  connection: Connection,
  name: string,
): Pick<Target, keyof Connection | "hopCredentials" | "name"> {
  // One key is one host's; a jump host is another.
  const hopCredentials = { ...overrides };
  delete hopCredentials.hostKey;
  delete hopCredentials.commandTimeout;
  const way = (jump: JumpHost | undefined): JumpHost | undefined =>
    jump && { ...override(jump, hopCredentials), jump: way(jump.jump) };
  return { ...override(connection, overrides), jump: way(connection.jump), hopCredentials, name };
}

/** One configured credential stands for all of its kind: an old key must not win over a new agent. */
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
