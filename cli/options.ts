import { sinceOf } from "./logs/since.ts";
import { isToken } from "./review/approval.ts";
import { limitOf } from "./review/max.ts";

/** An option as it is given. Given more than once, it is a list. */
type Given = string | string[] | undefined;

/** If an option is given more than once, the last value counts. */
const last = (given: Given) => [given].flat().at(-1);

/** An option with a text. */
export function text(describe: string) {
  return { type: "string", requiresArg: true, coerce: last, describe } as const;
}

/** An option with a whole number. */
export function whole(name: string, least: number, describe: string) {
  const coerce = (given: Given) => {
    const number = last(given);
    if (number === undefined) return undefined;
    if (/^\d{1,9}$/.test(number) && Number(number) >= least) return Number(number);
    throw new Error(`--${name} ${JSON.stringify(number)} is not a whole number of ${least} or more.`);
  };
  return { type: "string", requiresArg: true, coerce, describe } as const;
}

/** An option with a moment, in seconds since 1970. */
export function moment(describe: string) {
  const coerce = (given: Given) => {
    const word = last(given);
    return word === undefined ? undefined : sinceOf(word, new Date());
  };
  return { type: "string", requiresArg: true, coerce, describe } as const;
}

/** An option with the approval of a review. */
export function approval(describe: string) {
  const coerce = (given: Given) => {
    const token = last(given) ?? "";
    if (isToken(token)) return token;
    throw new Error(
      `--approved ${JSON.stringify(token)} is not an approval: it starts with "qf1." and has six parts. Copy the whole last line of a review.`,
    );
  };
  return { type: "string", requiresArg: true, coerce, describe } as const;
}

/** An option that may be given more than once. */
const list = {
  ...({ type: "string", requiresArg: true, default: [] as string[] } as const),
  coerce: (given: Given) => [given ?? []].flat(),
};

/** An option with limits of a review. */
export const limits = {
  ...list,
  coerce: (given: Given) => list.coerce(given).map(limitOf),
  describe: "fail if more hosts than this are affected: removed=0, gaps=0, restarts=20%",
};

/** The option that chooses hosts. */
export const host = {
  ...list,
  defaultDescription: "all",
  describe: "only this host; may be given more than once",
};
