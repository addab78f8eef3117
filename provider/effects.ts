/** How a deploy can affect running units, the worst first. */
export const effects = [
  // A site, a unit or a socket is removed.
  "removes",
  // A listener refuses for a moment.
  "gap",
  // A unit without a socket restarts, and does not answer meanwhile.
  "interrupts",
  // Requests wait for the restart.
  "restarts",
  // Not known before the deploy.
  "unknown",
  // The new version takes over, and no request waits.
  "hands over",
  // nginx reads its configuration again.
  "reloads",
  // A new unit starts.
  "starts",
  "nothing",
] as const;
export type Effect = (typeof effects)[number];

/** One effect, and how a preview says it: "reloads www.service". */
export interface Told {
  readonly effect: Effect;
  readonly says: string;
}

export function worst(found: readonly Effect[]): Effect {
  return effects.find((effect) => found.includes(effect)) ?? "nothing";
}
