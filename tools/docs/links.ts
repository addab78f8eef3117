import { posix } from "node:path";
import { anchor } from "./prose.ts";

// The links and anchors of Markdown, as GitHub sees them. No I/O.

/** A link of a document: its text, where it leads, and its line. */
export interface Link {
  line: number;
  text: string;
  to: string;
}

/** The files that links may lead to. Paths are from the root of the repository; a directory also counts as existing. */
export interface Files {
  exists: (path: string) => boolean;
  read: (path: string) => string;
}

/** A document without its blocks of code and comments, line for line. */
export function withoutCode(markdown: string): string {
  const lineBreaks = (text: string) => text.replace(/[^\n]+/g, "");
  return markdown
    .replace(/^ *(```+)[^`\n]*\n[\s\S]*?^ *\1 *$/gm, lineBreaks)
    .replace(/<!--[\s\S]*?-->/g, lineBreaks);
}

const inline = String.raw`!?\[(?<text>(?:!\[[^\]]*\]\([^)]*\)|[^[\]])*)\]\((?<to>[^)\s]+)`;
const image = String.raw`(?<=\[)!\[[^\]]*\]\((?<image>[^)\s]+)`;
const definition = String.raw`^ *\[(?<name>[^\]]+)\]: (?<below>\S+)`;
const html = String.raw`<(?:a|img) [^>]*?(?:href|src)="(?<html>[^"]+)"`;

/** The links of a document: those of Markdown and HTML, images, and the definitions of references. */
export function linksOf(markdown: string): Link[] {
  // A bracket in code is text.
  const text = withoutCode(markdown).replace(/(`+)(?:(?!\n\n)[^`])+\1/g, (code) =>
    code.replace(/[[\]()<>]/g, " "),
  );
  const patterns = [inline, image, definition, html].map((pattern) => new RegExp(pattern, "gm"));
  return patterns
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .sort((one, other) => one.index - other.index)
    .map(({ 0: match, index, groups = {} }) => ({
      line: text.slice(0, index + match.length).split("\n").length,
      text: (groups.text ?? groups.name ?? "").replaceAll("`", ""),
      to: groups.to ?? groups.image ?? groups.below ?? groups.html ?? "",
    }));
}

/** The anchors of a document, as "#how-it-works": of its headings, and those that HTML names. */
export function anchorsOf(markdown: string): string[] {
  const seen = new Map<string, number>();
  return withoutCode(markdown)
    .split("\n")
    .flatMap((line) => {
      const [, heading] = /^ {0,3}#{1,6} +(.*?)(?: +#+)?$/.exec(line) ?? [];
      const named = [...line.matchAll(/<a [^>]*(?:name|id)="([^"]+)"/g)].map(([, name = ""]) => `#${name}`);
      if (heading === undefined) return named;
      const base = anchor(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1"));
      const count = seen.get(base) ?? 0;
      seen.set(base, count + 1);
      return [...named, count === 0 ? base : `${base}-${count}`];
    });
}

/** Whether a link leads out of the repository. */
export const isExternal = (to: string): boolean => /^([a-z][a-z0-9+.-]*:|\/\/)/i.test(to);

/** Where a link of a page leads, from the root of the repository. */
export function resolveLink(page: string, to: string): { path: string; anchor?: string } {
  const at = to.indexOf("#");
  const [path, name] = at < 0 ? [to, undefined] : [to.slice(0, at), to.slice(at)];
  return {
    path:
      path === ""
        ? page
        : posix.normalize(posix.join(posix.dirname(page), decodeURI(path))).replace(/\/$/, ""),
    ...(name === undefined ? {} : { anchor: name }),
  };
}

/**
 * What is wrong with the links of these documents: "docs/tls.md:12: acme.md#gone: docs/acme.md has no heading for #gone".
 * Links out of the repository are not followed.
 */
export function deadLinks(documents: readonly string[], files: Files): string[] {
  const anchors = new Map<string, readonly string[]>();
  const hasAnchor = (path: string, name: string) => {
    const known = anchors.get(path) ?? anchorsOf(files.read(path));
    anchors.set(path, known);
    return known.includes(name);
  };
  const problem = (page: string, to: string): string | undefined => {
    if (isExternal(to)) return undefined;
    if (to.startsWith("/")) return "starts at the root of a web site: write the path from this file";
    const { path, anchor: name } = resolveLink(page, to);
    if (path.startsWith("../") || !files.exists(path)) return `there is no ${path}`;
    if (page.startsWith("template/") && !path.startsWith("template/"))
      return "leads out of template/, which `quadlet-fleet new` copies without the rest";
    if (name === undefined) return undefined;
    if (!path.endsWith(".md")) return `${path} is not Markdown, so it has no anchors`;
    return hasAnchor(path, name) ? undefined : `${path} has no heading for ${name}`;
  };
  return documents.flatMap((page) =>
    linksOf(files.read(page)).flatMap(({ line, to }) => {
      const dead = problem(page, to);
      return dead === undefined ? [] : [`${page}:${line}: ${to}: ${dead}`];
    }),
  );
}
