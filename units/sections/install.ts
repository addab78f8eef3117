import type { KeySpecs, Many } from "../section.ts";

/**
 * `[Install]`: what pulls the unit in. For systemd's own units, `systemctl enable` reads it; for quadlets, podman's
 * generator does, and only these keys ("Enabling unit files" in podman-systemd.unit(5)).
 *
 * @see systemd.unit(5), "[Install] Section Options"
 */
export interface InstallSection {
  /**
   * Units that want this one: "sockets.target" for a socket, "default.target" for a user's service ("multi-user.target"
   * never comes in a user manager). Default: none, the unit does not start by itself.
   */
  wantedBy?: Many;
  /** Units that require this one. Default: none. */
  requiredBy?: Many;
  /** Units that keep this one running as long as they run (systemd 254). Default: none. */
  upheldBy?: Many;
  /** Further names of the unit, with the same suffix. Default: none. */
  alias?: Many;
  /** Units that are enabled and disabled together with this one; not in quadlets. Default: none. */
  also?: Many;
  /** For templates: which instance is enabled. Default: none. */
  defaultInstance?: string;
}

export const installKeys = {
  wantedBy: { directive: "WantedBy", kind: "list" },
  requiredBy: { directive: "RequiredBy", kind: "list" },
  upheldBy: { directive: "UpheldBy", kind: "list" },
  alias: { directive: "Alias", kind: "list" },
  also: { directive: "Also", kind: "list" },
  defaultInstance: { directive: "DefaultInstance", kind: "value" },
} as const satisfies KeySpecs<InstallSection>;
