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
  /** Where to read more: `https:`, `file:`, `info:` or `man:` addresses. Default: none. */
  documentation?: Many;
  /** Units started together with this one; it does not mind if they fail. Default: none. */
  wants?: Many;
  /** As `wants`, but this unit is stopped when one of them is, and (with `after`) not started if one fails. Default: none. */
  requires?: Many;
  /** Units that must be active already; they are not started. Default: none. */
  requisite?: Many;
  /** As `requires`, and this unit also stops when one of them ends by itself. Default: none. */
  bindsTo?: Many;
  /** Units whose stop and restart this one follows. Default: none. */
  partOf?: Many;
  /** Units that are kept running as long as this one runs (systemd 249). Default: none. */
  upholds?: Many;
  /** Units that can't run together with this one. Default: none. */
  conflicts?: Many;
  /** Units that are started later than this one, and stopped earlier. Default: none. */
  before?: Many;
  /** Units that are started earlier than this one, and stopped later; it does not start them. Default: none. */
  after?: Many;
  /** Units started when this one fails. Default: none. */
  onFailure?: Many;
  /** Units started when this one ends well (systemd 249). Default: none. */
  onSuccess?: Many;
  /** Absolute paths whose mounts this unit needs. Default: none. */
  requiresMountsFor?: Many;
  /** Whether systemd adds what most units need, such as an end at shutdown. Default: true. */
  defaultDependencies?: boolean;
  /** Whether to stop this unit when no other needs it. Default: false. */
  stopWhenUnneeded?: boolean;
  /** The time in which `startLimitBurst` counts: "10s". "0" turns the limit off. Default: DefaultStartLimitIntervalSec=, 10s. */
  startLimitIntervalSec?: string | number;
  /** How many starts are possible in `startLimitIntervalSec` before the unit fails. Default: DefaultStartLimitBurst=, 5. */
  startLimitBurst?: number;
  /** How long a start or stop may wait in the queue and run: "2min". Default: no limit for most units. */
  jobTimeoutSec?: string | number;
  /** Paths that must exist, or (with "!" before it) must not; else the start is skipped without an error. Default: none. */
  conditionPathExists?: Many;
  /** As `conditionPathExists`, but else the start fails. Default: none. */
  assertPathExists?: Many;
}

export const unitKeys = {
  description: { directive: "Description", kind: "value" },
  documentation: { directive: "Documentation", kind: "list" },
  wants: { directive: "Wants", kind: "list" },
  requires: { directive: "Requires", kind: "list" },
  requisite: { directive: "Requisite", kind: "list" },
  bindsTo: { directive: "BindsTo", kind: "list" },
  partOf: { directive: "PartOf", kind: "list" },
  upholds: { directive: "Upholds", kind: "list" },
  conflicts: { directive: "Conflicts", kind: "list" },
  before: { directive: "Before", kind: "list" },
  after: { directive: "After", kind: "list" },
  onFailure: { directive: "OnFailure", kind: "list" },
  onSuccess: { directive: "OnSuccess", kind: "list" },
  requiresMountsFor: { directive: "RequiresMountsFor", kind: "list" },
  defaultDependencies: { directive: "DefaultDependencies", kind: "value" },
  stopWhenUnneeded: { directive: "StopWhenUnneeded", kind: "value" },
  startLimitIntervalSec: { directive: "StartLimitIntervalSec", kind: "value" },
  startLimitBurst: { directive: "StartLimitBurst", kind: "value" },
  jobTimeoutSec: { directive: "JobTimeoutSec", kind: "value" },
  conditionPathExists: { directive: "ConditionPathExists", kind: "repeated" },
  assertPathExists: { directive: "AssertPathExists", kind: "repeated" },
} as const satisfies KeySpecs<UnitSection>;
