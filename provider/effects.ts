/**
 * What a deploy does to what runs, the worst first: something goes; a listener refuses for a moment; a unit without a socket restarts,
 * and does not answer meanwhile; it restarts, and requests wait; it can't be told beforehand; no request waits; nginx reads its
 * configuration anew; something new starts; nothing.
 */
export const effects = [
  "removes",
  "gap",
  "interrupts",
  "restarts",
  "unknown",
  "hands over",
  "reloads",
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
