import type { KeySpecs, Many } from "../section.ts";

/**
 * `[Install]`: what pulls the unit in. For systemd's own units, `systemctl enable` reads it; for quadlets, podman's
 * generator does, and only these keys ("Enabling unit files" in podman-systemd.unit(5)).
 *
 * @see systemd.unit(5), "[Install] Section Options"
 */
export interface InstallSection {
  /**
   * Units that want this one: "sockets.target" for a socket, "default.target" for a user's service (a user manager never reaches
   * "multi-user.target"). Default: none. The unit does not start by itself.
   */
  wantedBy?: Many;
}

export const installKeys = {
  wantedBy: "list",
} as const satisfies KeySpecs<InstallSection>;
