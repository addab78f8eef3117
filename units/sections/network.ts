import type { KeySpecs } from "../section.ts";

/**
 * `[Network]` of a .network file. The network is made once: a change here does not reach one that is there already.
 *
 * @see podman-systemd.unit(5), "Network units [Network]"; podman-network-create(1)
 */
export interface NetworkSection {
  /** Whether it is cut off from the outside. Default: false. */
  internal?: boolean;
}

export const networkKeys = {
  internal: "value",
} as const satisfies KeySpecs<NetworkSection>;
