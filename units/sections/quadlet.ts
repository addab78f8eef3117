import type { KeySpecs } from "../section.ts";

/**
 * `[Quadlet]`: what podman's generator itself does.
 *
 * @see podman-systemd.unit(5), "Quadlet section [Quadlet]"
 */
export interface QuadletSection {
  /**
   * Whether the service waits for the network: network-online.target, or podman-user-wait-network-online.service for a user, which hangs if
   * nothing on the host wants that target. Default: true.
   */
  defaultDependencies?: boolean;
}

export const quadletKeys = {
  defaultDependencies: "value",
} as const satisfies KeySpecs<QuadletSection>;
