/** The version of a set on a host. "stuck": neither the old nor the new one, because the rollback failed halfway. */
export type Has = "nothing" | "old" | "new" | "stuck" | "unknown";

/** Whether the old version is completely restored. */
export type Back = "back" | "stuck";

/**
 * One host in a rollout, for example a session over SSH. If a call throws, the rollout treats it as unanswered. While the host is
 * held, the member keeps telling it that the coordinator is alive.
 */
export interface Member {
  /** Its name in the fleet. */
  readonly name: string;
  /** Identifies the machine, also across rollouts that name it differently. */
  readonly host: string;
  /** The image tags (account and reference) that `prepare` reserves on the host. */
  readonly tags: readonly string[];
  /** The set is removed from this host. */
  readonly leaves: boolean;
  /** The version that the host has according to the state. */
  readonly has: Has;
  /** Seconds since the last sign of life on its connection. 0 if there is none yet. */
  readonly silence: number;

  /** Changes nothing on the running site. Answers soon after the signal is aborted; `revert` then releases what was prepared so far. */
  prepare(signal: AbortSignal): Promise<Prepared>;
  /** Switches to the new version. From here on the host reverts by itself if it loses the coordinator for the grace time. */
  activate(): Promise<Activated>;
  /**
   * Checks a held host for this many seconds, or once if 0. First reconnects if the connection is lost, and waits for a running
   * activation to end.
   */
  watch(seconds: number): Promise<Watched>;
  /** May be called again: it then reconnects and reports the result. */
  commit(): Promise<Committed>;
  /** May be called again, and at any time before `commit`, even if another call is still unanswered. */
  revert(): Promise<Reverted>;
}

export type Prepared =
  | { readonly kind: "prepared"; readonly has: "nothing" | "old" }
  | { readonly kind: "nothing-to-do" }
  | { readonly kind: "refused"; readonly why: string }
  /** No connection was possible. A refused login is "refused". */
  | { readonly kind: "unreachable"; readonly why: string }
  | { readonly kind: "busy"; readonly who: string };

export type Activated =
  | { readonly kind: "held" }
  | { readonly kind: "failed"; readonly why: string; readonly now: Back }
  | { readonly kind: "lost"; readonly why: string };

export type Watched =
  | { readonly kind: "healthy" }
  | { readonly kind: "unhealthy"; readonly why: string }
  | { readonly kind: "lost"; readonly why: string }
  /** The host has reverted by itself. */
  | { readonly kind: "reverted"; readonly why: string; readonly now: Back };

export type Committed =
  | { readonly kind: "committed" }
  | { readonly kind: "reverted"; readonly why: string; readonly now: Back }
  | { readonly kind: "unknown"; readonly why: string };

export type Reverted =
  | { readonly kind: "reverted" }
  | { readonly kind: "stuck"; readonly why: string }
  | { readonly kind: "unknown"; readonly why: string };
