import type { KeySpecs } from "../section.ts";

/**
 * `[Network]` of a .network file. The network is created once: a change here does not affect an existing network.
 *
 * @see podman-systemd.unit(5), "Network units [Network]"; podman-network-create(1)
 */
export interface NetworkSection {
  /** Whether the network is cut off from the outside. Default: false. */
  internal?: boolean;
}

export const networkKeys = {
  internal: "value",
} as const satisfies KeySpecs<NetworkSection>;
