import { fold } from "../../rollout/fold.ts";
import { line } from "../review/markdown.ts";
import type { Looked } from "./read.ts";

/** At most this many lines, and characters, of differences are shown, and as many of errors. The others are counted. */
const [mostLines, mostCharacters] = [100, 30_000];

/** At most this many characters of a line are shown. */
const mostOfLine = 400;

/**
 * What a refresh found, as Markdown for an issue: a line for each difference, with all its hosts. Empty if nothing differs. The same
 * findings give the same bytes. Pure.
 */
export function driftMarkdown(stack: string, { differences, errors }: Looked): string {
  const hosts = new Map<string, Set<string>>();
  for (const { site, what, hosts: of } of differences) {
    const key = `**${line(site)}** ${shortened(line(what))}`;
    hosts.set(key, new Set([...(hosts.get(key) ?? []), ...of]));
  }
  const lines = [...hosts].map(([text, on]) =>
    on.size === 0
      ? text
      : `${text} on ${shortened(line(fold([...on])))}${on.size === 1 ? "" : ` (${on.size} hosts)`}`,
  );
  const name = line(stack);
  return [
    ...section(
      `${name}: the hosts could not be looked at`,
      errors.map((one) => shortened(line(one))),
    ),
    ...section(`${name} differs from what was deployed`, lines.sort()),
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  let characters = 0;
  const shown = lines.slice(0, mostLines).filter((one) => (characters += one.length) <= mostCharacters);
  const further = lines.length - shown.length;
  return [
    `## ${title}`,
    "",
    ...shown.map((one) => `- ${one}`),
    ...(further > 0 ? [`- … and ${further} more`] : []),
    "",
  ];
}

function shortened(text: string): string {
  return text.length <= mostOfLine ? text : `${text.slice(0, mostOfLine)}…`;
}
