/** What a host has of a set. "stuck": neither the old version nor the new one, as it could not be taken back whole. */
export type Has = "nothing" | "old" | "new" | "stuck" | "unknown";

/** Whether the old version is there again, whole. */
export type Back = "back" | "stuck";

/**
 * One host in a rollout: a session on it. A call that fails in a way of its own may throw: it then counts as unanswered.
 * While it is held, a member shows its host by itself that somebody is still there.
 */
export interface Member {
  /** Its name in the fleet. */
  readonly name: string;
  /** The machine. Two rollouts may have other names for it. */
  readonly host: string;
  /** The image tags that its preparation reserves on the host: account and reference. */
  readonly tags: readonly string[];
  /** The set is to be removed from this host. */
  readonly leaves: boolean;
  /** What it has, as far as the state knows. */
  readonly has: Has;

  /** Changes nothing that serves. Answers soon once the signal is aborted; what it has prepared by then, `revert` releases. */
  prepare(signal: AbortSignal): Promise<Prepared>;
  /** Puts the new version in place. From here on the host takes itself back if it is left alone for the grace time. */
  activate(): Promise<Activated>;
  /**
   * Looks at the held host for so many seconds; 0: once. Reconnects first if the connection is gone, and waits until an
   * activation is over.
   */
  watch(seconds: number): Promise<Watched>;
  /** May be asked again: reconnects, and says what became of it. */
  commit(): Promise<Committed>;
  /** May be asked again, and at any time before `commit`, also if another call has not been answered. */
  revert(): Promise<Reverted>;
}

export type Prepared =
  | { readonly kind: "prepared"; readonly has: "nothing" | "old" }
  | { readonly kind: "nothing-to-do" }
  | { readonly kind: "refused"; readonly why: string }
  /** No connection at all. A refused login is "refused". */
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
  /** It has taken itself back. */
  | { readonly kind: "reverted"; readonly why: string; readonly now: Back };

export type Committed =
  | { readonly kind: "committed" }
  | { readonly kind: "reverted"; readonly why: string; readonly now: Back }
  | { readonly kind: "unknown"; readonly why: string };

export type Reverted =
  | { readonly kind: "reverted" }
  | { readonly kind: "stuck"; readonly why: string }
  | { readonly kind: "unknown"; readonly why: string };
