import { type Link, isExternal, linksOf, resolveLink, withoutCode } from "./links.ts";

/** A page of the navigation, by its path from the root of the repository. */
export interface Entry {
  text: string;
  path: string;
  /** The pages of an index that this entry leads to. */
  entries?: Entry[];
}

/** The pages below one heading. */
export interface Group {
  text: string;
  entries: Entry[];
}

/**
 * The navigation that an index describes: a group for each of its headings, with the pages that the lists and tables below it
 * link to, each page once. A README.md of a folder below is an index, too. Links in prose don't count.
 * @param index its path from the root of the repository
 */
export function navigation(index: string, read: (path: string) => string): Group[] {
  return groupsOf(index, read, new Set([index]));
}

function groupsOf(index: string, read: (path: string) => string, seen: Set<string>): Group[] {
  const groups: Group[] = [];
  for (const line of lines(read(index))) {
    const [, heading] = /^#+ (.*)$/.exec(line) ?? [];
    if (heading !== undefined) groups.push({ text: heading.replaceAll("`", ""), entries: [] });
    for (const { text, to } of listed(line)) {
      const { path } = resolveLink(index, to);
      if (isExternal(to) || !path.endsWith(".md") || seen.has(path)) continue;
      seen.add(path);
      const isIndex = path.endsWith("/README.md") && path.startsWith(folderOf(index));
      const entries = isIndex ? groupsOf(path, read, seen).flatMap((group) => group.entries) : [];
      groups.at(-1)?.entries.push({ text, path, ...(entries.length > 0 ? { entries } : {}) });
    }
  }
  return groups.filter(({ entries }) => entries.length > 0);
}

/** Lines of Markdown. A list item is one line. */
const lines = (markdown: string) =>
  withoutCode(markdown)
    .replace(/\n +(?![-*|\d ])/g, " ")
    .split("\n");

/** The links of a table row, or the link that a list item begins with. */
function listed(line: string): Link[] {
  if (line.startsWith("|")) return linksOf(line);
  return /^ *([-*]|\d+\.) +\[/.test(line) ? linksOf(line).slice(0, 1) : [];
}

const folderOf = (path: string) => path.slice(0, path.lastIndexOf("/") + 1);

/** All pages of a navigation. */
export function pagesOf(entries: readonly Entry[]): string[] {
  return entries.flatMap(({ path, entries: inner = [] }) => [path, ...pagesOf(inner)]);
}
