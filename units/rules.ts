import { addressProblem, userProblem } from "./host-address.ts";
import { hostKeyProblem } from "./host-key.ts";
import { imageProblem } from "./image.ts";
import { parse } from "./parse.ts";
import { identityFileProblem, privateKeyProblem } from "./private-key.ts";
import { unitName } from "./names.ts";
import { parseListenStream } from "./nginx/address.ts";

/** What is wrong with a text, or undefined. */
export type Rule = (text: string) => string | undefined;

const line = matches(/^\P{Cc}*$/u, "can't hold a newline or another control character");

/** What texts must be, by the names that resources/contract/ uses. All checks of such texts take their messages from here. */
export const rules = {
  address: addressProblem,
  account: userProblem,
  hostKey: hostKeyProblem,
  privateKey: privateKeyProblem,
  identityFile: identityFileProblem,
  image: imageProblem,
  localFile: (text) => (text === "" ? "is empty: the path of a file" : undefined),
  line,
  answerText: (text) =>
    text === "" ? "is empty: give the text that the answer must contain, or leave it out" : line(text),
  setName: matches(
    /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/,
    'must be letters, digits, "-", "_" and ".", at most 100',
  ),
  fleetName: matches(
    /^[A-Za-z0-9_][A-Za-z0-9_.:-]*$/,
    'must be letters, digits, "-", "_", "." and ":", the first one a letter, a digit or "_"',
  ),
  share: matches(/^\d{1,9}$|^(100|\d{1,2})%$/, 'must be a whole number or a percentage, as in "25%"'),
  mode: matches(/^0[0-7]{3}$/, 'must be four octal digits, as in "0644"'),
  httpPath: matches(/^\/[!-~]*$/, 'must begin with "/", without spaces and control characters'),
  httpHost: matches(/^[A-Za-z0-9.:[\]_-]+$/, "is not a valid host name"),
  loopback: matches(/^127(\.(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])){3}$/, 'must begin with "127."'),
  listenStream: (text) =>
    problemOf(() => parseListenStream(text)) && "is not an address that a socket listens on",
  hostPath: hostPathProblem,
  unitName: (text) =>
    problemOf(() => unitName(text)) ??
    (text.startsWith("-")
      ? "a unit's name can't begin with a dash here: it would be taken for an option"
      : undefined),
} satisfies Record<string, Rule>;

export type RuleName = keyof typeof rules;

/** Rules of a text in a map that depend on its key. */
export const entryRules = {
  unitText: (text: string, name: string) => problemOf(() => parse(text, name)),
} satisfies Record<string, (text: string, key: string) => string | undefined>;

export type EntryRuleName = keyof typeof entryRules;

/** "a whole number from 1 to 65535" */
export function wholeNumberWords(least: number, most: number): string {
  return `a whole number from ${least} to ${most}`;
}

/** `"system" or "user"` */
export function choiceWords(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(" or ");
}

function matches(pattern: RegExp, problem: string): Rule {
  return (text) => (pattern.test(text) ? undefined : problem);
}

function problemOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

function hostPathProblem(text: string): string | undefined {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text)) return "a path can't hold control characters";
  if (!text.startsWith("/") && !text.startsWith("~/")) return 'a path is absolute, or begins with "~/"';
  const parts = text.split("/").slice(1);
  return parts.some((part) => ["", ".", ".."].includes(part))
    ? 'a path can\'t leave its directory: it has no "..", "." or empty part'
    : undefined;
}
