import { fold } from "../../rollout/fold.ts";
import { type Effect, effects, worst } from "../../provider/effects.ts";
import { harmless } from "../output.ts";
import type { Approval } from "./approval.ts";
import type { Change } from "./change.ts";
import { hunksOf } from "./hunks.ts";

/** At most this many sites have their own row. The others are counted. */
const mostRows = 40;

/** At most this many characters of a list of hosts are shown. */
const mostOfHosts = 300;

/** At most this many characters of the reasons why there is no approval are shown. */
const mostOfReason = 150;

const words: Record<Effect, string> = {
  removes: "**removed**",
  gap: "**refuses for a moment**",
  interrupts: "**restarts without a socket**",
  restarts: "restarts, sockets stay open",
  unknown: "not known yet",
  "hands over": "hands over, no request waits",
  reloads: "reloads",
  starts: "starts",
  nothing: "nothing that runs",
};

/** Effects that also have their own list. */
const dangerous: readonly Effect[] = ["removes", "gap", "interrupts"];

export interface Frame {
  /** The name of the stack. */
  readonly stack: string;
  /** Bytes. */
  readonly limit: number;
  /** A link to the whole review, for one that is cut. */
  readonly link: string | undefined;
  /** Why the check fails. */
  readonly refusals: readonly string[];
  readonly warnings: readonly string[];
  readonly approval: Approval;
}

/**
 * A review as Markdown, never longer than the limit. The same changes give the same bytes. The most important parts come first, and parts
 * that do not fit are counted. Pure.
 */
export function markdown(changes: readonly Change[], frame: Frame): string {
  const sorted = changes.toSorted(
    (one, other) =>
      effects.indexOf(worstOf(one)) - effects.indexOf(worstOf(other)) || compareText(one.site, other.site),
  );
  const end = (left: number) =>
    `${left === 0 ? "" : leftOut(left, frame.link)}${approvalLine(frame.approval)}`;
  const room = frame.limit - Buffer.byteLength(end(Number.MAX_SAFE_INTEGER));
  // A link that takes more than half of the room is left out.
  if (room < frame.limit / 2 && frame.link !== undefined)
    return markdown(changes, { ...frame, link: undefined });
  const page = new Page(room);
  page.add(`## ${line(frame.stack)}: ${headline(sorted)}\n`);
  for (const refusal of frame.refusals) page.add(`\n❌ ${shortened(line(refusal))}\n`);
  if (sorted.length > 0) table(page, sorted);
  list(page, "Removed, or does not answer for a moment", sorted.flatMap(dangers));
  list(page, "Pending", sorted.flatMap(pendingOf));
  list(page, "Drift", sorted.flatMap(driftOf));
  list(page, "Warnings", frame.warnings.map(line));
  diffs(page, sorted);
  return `${page.text}${end(page.left)}`;
}

function worstOf({ effects: found }: Change): Effect {
  return worst(found.map(({ effect }) => effect));
}

/** A text up to a limit of bytes. Parts that do not fit are counted. */
class Page {
  text = "";
  left = 0;
  #room: number;

  constructor(room: number) {
    this.#room = room;
  }

  /** @returns whether the part fits */
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

function leftOut(count: number, link: string | undefined): string {
  const where = link === undefined ? "" : ` [The whole review](${link}) has them.`;
  return `\n${count} parts are left out, as the review would be too long.${where}\n`;
}

/** Always printed, even if the review is cut. */
function approvalLine(approval: Approval): string {
  if ("token" in approval) return `\nApproval: \`${approval.token}\`\n`;
  return `\nNo approval: ${line(approval.why.join("; ")).slice(0, mostOfReason)}\n`;
}

function headline(changes: readonly Change[]): string {
  if (changes.length === 0) return "no changes";
  const counted = effects.flatMap((effect) => {
    const count = changes.filter((one) => worstOf(one) === effect).length;
    return count === 0 ? [] : [`${count} × ${effect}`];
  });
  return `${changes.length} ${changes.length === 1 ? "site changes" : "sites change"} (${counted.join(", ")})`;
}

function table(page: Page, changes: readonly Change[]): void {
  const head = "\n| site | hosts | what happens | at most |\n| --- | --- | --- | --- |\n";
  if (!page.add(head)) return;
  for (const change of changes.slice(0, mostRows)) {
    const time = change.minutes === undefined ? "" : `${change.minutes} min`;
    const hosts = change.effects.flatMap((one) => (one.effect === "nothing" ? [] : one.hosts));
    page.add(`| ${line(change.site)} | ${folded(hosts)} | ${words[worstOf(change)]} | ${time} |\n`);
  }
  const further = changes.slice(mostRows);
  if (further.length > 0) page.add(`| … and ${further.length} more | | ${headline(further)} | |\n`);
}

function dangers({ site, effects: found }: Change): string[] {
  return found
    .filter(({ effect }) => dangerous.includes(effect))
    .map(({ hosts, says }) => `**${line(site)}** on ${folded(hosts)}: ${line(says)}`);
}

function pendingOf({ site, pending }: Change): string[] {
  return pending === undefined ? [] : [`**${line(site)}**: ${shortened(line(pending))}`];
}

function driftOf({ site, drift }: Change): string[] {
  const by = Map.groupBy(Object.entries(drift), ([, what]) => what);
  return [...by].map(
    ([what, of]) => `**${line(site)}** on ${folded(of.map(([host]) => host))}: ${shortened(line(what))}`,
  );
}

/** The title is added with the first entry that fits, because alone it says nothing. */
function list(page: Page, title: string, lines: readonly string[]): void {
  let head = `\n### ${title}\n\n`;
  for (const one of lines) if (page.add(`${head}- ${one}\n`)) head = "";
}

function folded(hosts: readonly string[]): string {
  const text = line(fold([...new Set(hosts)]));
  return text.length <= mostOfHosts ? text : `${shortened(text)} (${new Set(hosts).size} hosts)`;
}

function shortened(text: string): string {
  return text.length <= mostOfHosts ? text : `${text.slice(0, mostOfHosts)}…`;
}

/** Each distinct diff once, with its sites. */
function diffs(page: Page, changes: readonly Change[]): void {
  const texts = new Map<string, string[]>();
  for (const { site, diffs: own } of changes) {
    const text = own.flatMap(hunksOf).map(harmless).join("\n");
    if (text !== "") texts.set(text, [...(texts.get(text) ?? []), site]);
  }
  for (const [text, sites] of texts) {
    const fence = "`".repeat(1 + longestRun(text));
    page.add(`\n### ${folded(sites)}\n\n${fence}diff\n${text}\n${fence}\n`);
  }
}

/** The length of the longest run of backticks. At least two, because a fence has three. */
function longestRun(text: string): number {
  return Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

/**
 * Escapes a text for one line of Markdown. GitHub looks for people (@) and issues (#) after Markdown, so a zero-width character is
 * inserted.
 */
export function line(text: string): string {
  return harmless(text)
    .replace(/\s+/g, " ")
    .replace(/[\\`*_{}[\]<>#|!~@]/g, (character) => `\\${character}`)
    .replace(/[@#]|:(?=\/\/)/g, "$&\u200b");
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
