/** What a deploy does to what runs, the worst first. */
export const effects = [
  // A site, a unit or a socket goes.
  "removes",
  // A listener refuses for a moment.
  "gap",
  // A unit without a socket restarts, and does not answer meanwhile.
  "interrupts",
  // Requests wait for the restart.
  "restarts",
  // It can't be told before the deploy.
  "unknown",
  // The new version takes over, and no request waits.
  "hands over",
  // nginx reads its configuration anew.
  "reloads",
  // Something new.
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
