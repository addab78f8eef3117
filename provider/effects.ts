/** What a deploy does to what runs, the worst first. */
export const effects = ["removes", "gap", "restarts", "hands over", "reloads", "starts", "nothing"] as const;
export type Effect = (typeof effects)[number];

/** By the words of outlook.ts and announcement.ts. */
const words: readonly (readonly [RegExp, Effect])[] = [
  [/: loses it$|(?:: |; )stops /, "removes"],
  [/ refuses? for a moment|(?:: |; )closes /, "gap"],
  [/(?:: |; )restarts |(?:: |; )starts \S+ anew/, "restarts"],
  [/(?:: |; )hands /, "hands over"],
  [/(?:: |; )reloads /, "reloads"],
  [/(?:: |; )(?:starts|opens) |: gets it$/, "starts"],
];

/** The worst that a line of a preview says. */
export function effectOf(line: string): Effect {
  return words.find(([pattern]) => pattern.test(line))?.[1] ?? "nothing";
}

export function worst(found: readonly Effect[]): Effect {
  return effects.find((effect) => found.includes(effect)) ?? "nothing";
}
