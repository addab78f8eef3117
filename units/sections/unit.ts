import type { KeySpecs, Many } from "../section.ts";

/**
 * `[Unit]`: what the unit is, and what it needs. In a quadlet, other quadlets may be named by their file
 * (`web.network`): podman puts their service there.
 *
 * @see systemd.unit(5), "[Unit] Section Options"
 */
export interface UnitSection {
  /** A short title for people. Default: the unit's name. */
  description?: string;
  /** Units started together with this one. Their failure does not affect it. Default: none. */
  wants?: Many;
  /** As `wants`, but this unit is stopped when one of them is, and (with `after`) not started if one fails. Default: none. */
  requires?: Many;
  /** Units whose stop and restart also stop and restart this one. It does not start with them. Default: none. */
  partOf?: Many;
  /** Units that are started earlier than this one, and stopped later. It does not start them. Default: none. */
  after?: Many;
  /** Absolute paths whose mounts this unit needs. Default: none. */
  requiresMountsFor?: Many;
  /** Whether systemd adds what most units need, such as an end at shutdown. Default: true. */
  defaultDependencies?: boolean;
  /** The time in which `startLimitBurst` counts: "10s". "0" turns the limit off. Default: DefaultStartLimitIntervalSec=, 10s. */
  startLimitIntervalSec?: string | number;
}

export const unitKeys = {
  description: "value",
  wants: "list",
  requires: "list",
  partOf: "list",
  after: "list",
  requiresMountsFor: "list",
  defaultDependencies: "value",
  startLimitIntervalSec: "value",
} as const satisfies KeySpecs<UnitSection>;
