import { fold } from "../../rollout/fold.ts";
import { type Effect, effects } from "../../provider/effects.ts";
import { harmless } from "../output.ts";
import type { Change } from "./change.ts";
import { hunksOf } from "./hunks.ts";

/** So many sites are rows of their own before they are counted. */
const mostRows = 40;

const words: Record<Effect, string> = {
  removes: "**removed**",
  gap: "**refuses for a moment**",
  restarts: "restarts, sockets stay open",
  "hands over": "hands over, no request waits",
  reloads: "reloads",
  starts: "starts",
  nothing: "nothing that runs",
};

export interface Frame {
  /** The name of the stack. */
  readonly stack: string;
  /** Bytes. */
  readonly limit: number;
  /** Where the whole review is, for one that is cut. */
  readonly link: string | undefined;
  /** What makes the check fail. */
  readonly refusals: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * A review as Markdown: the same bytes for the same changes, and never more than the limit. What matters comes first; what does not fit is
 * counted. Pure.
 */
export function markdown(changes: readonly Change[], frame: Frame): string {
  const sorted = changes.toSorted(
    (one, other) =>
      effects.indexOf(one.effect) - effects.indexOf(other.effect) || compareText(one.site, other.site),
  );
  const page = new Page(frame.limit - reserve(frame));
  page.add(`## ${line(frame.stack)}: ${headline(sorted)}\n`);
  for (const refusal of frame.refusals) page.add(`\n❌ ${line(refusal)}\n`);
  if (sorted.length > 0) table(page, sorted);
  list(page, "Removed, or refused for a moment", sorted.flatMap(dangers));
  list(
    page,
    "Pending",
    sorted.flatMap(({ site, pending }) =>
      pending === undefined ? [] : [`**${line(site)}**: ${line(pending)}`],
    ),
  );
  list(page, "Drift", sorted.flatMap(driftOf));
  list(page, "Warnings", frame.warnings.map(line));
  diffs(page, sorted);
  const rest = page.left === 0 ? "" : leftOut(page.left, frame);
  return `${page.text}${rest}`;
}

/** Text up to a limit of bytes. What does not fit is counted. */
class Page {
  text = "";
  left = 0;
  #room: number;

  constructor(room: number) {
    this.#room = room;
  }

  /** @returns whether it fits */
  add(part: string): boolean {
    const bytes = Buffer.byteLength(part);
    if (bytes > this.#room) {
      this.left += 1;
      return false;
    }
    this.text += part;
    this.#room -= bytes;
    return true;
  }
}

function reserve(frame: Frame): number {
  return Buffer.byteLength(leftOut(Number.MAX_SAFE_INTEGER, frame));
}

function leftOut(count: number, { link }: Frame): string {
  const where = link === undefined ? "" : ` [The whole review](${link}) has them.`;
  return `\n${count} parts are left out, as the review would be too long.${where}\n`;
}

function headline(changes: readonly Change[]): string {
  if (changes.length === 0) return "no changes";
  const counted = effects.flatMap((effect) => {
    const count = changes.filter((one) => one.effect === effect).length;
    return count === 0 ? [] : [`${count} × ${effect}`];
  });
  return `${changes.length} ${changes.length === 1 ? "site changes" : "sites change"} (${counted.join(", ")})`;
}

function table(page: Page, changes: readonly Change[]): void {
  const head = "\n| site | hosts | what happens | longest |\n| --- | --- | --- | --- |\n";
  if (!page.add(head)) return;
  for (const { site, hosts, effect, minutes } of changes.slice(0, mostRows)) {
    const time = minutes === undefined ? "" : `${minutes} min`;
    page.add(`| ${cell(site)} | ${cell(fold(hosts))} | ${words[effect]} | ${time} |\n`);
  }
  const further = changes.slice(mostRows);
  if (further.length > 0) page.add(`| … and ${further.length} more | | ${headline(further)} | |\n`);
}

function dangers({ site, hosts, leaving, effect, says }: Change): string[] {
  const name = `**${line(site)}**`;
  return [
    ...(effect === "removes" ? [`${name}: removed from ${line(fold(hosts))}`] : []),
    ...(leaving.length > 0 ? [`${name}: removed from ${line(fold(leaving))}`] : []),
    ...(effect === "gap" ? says.filter(isGap).map((one) => `${name}: ${line(one)}`) : []),
  ];
}

function isGap(text: string): boolean {
  return /refuses? for a moment/.test(text);
}

function driftOf({ site, drift }: Change): string[] {
  const hosts = Object.entries(drift);
  const by = Map.groupBy(hosts, ([, what]) => what);
  return [...by].map(
    ([what, of]) => `**${line(site)}** on ${line(fold(of.map(([host]) => host)))}: ${line(what)}`,
  );
}

function list(page: Page, title: string, lines: readonly string[]): void {
  const [first, ...rest] = lines;
  if (first === undefined) return;
  // The title alone says nothing.
  if (!page.add(`\n### ${title}\n\n- ${first}\n`)) return;
  for (const one of rest) page.add(`- ${one}\n`);
}

/** Each distinct diff once, with the sites that it is of. */
function diffs(page: Page, changes: readonly Change[]): void {
  const texts = new Map<string, string[]>();
  for (const { site, diffs: own } of changes) {
    const text = own.flatMap(hunksOf).map(harmless).join("\n");
    if (text !== "") texts.set(text, [...(texts.get(text) ?? []), site]);
  }
  for (const [text, sites] of texts) {
    const fence = "`".repeat(1 + longestRun(text));
    const who = line(fold(sites));
    page.add(`\n### ${who}\n\n${fence}diff\n${text}\n${fence}\n`);
  }
}

/** Of backticks; at least two, as a fence has three. */
function longestRun(text: string): number {
  return Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

/** Text in one line that Markdown takes for text. */
function line(text: string): string {
  return harmless(text)
    .replace(/\s+/g, " ")
    .replace(/[\\`*_{}[\]<>#|!~@]/g, (character) => `\\${character}`);
}

function cell(text: string): string {
  return line(text);
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
