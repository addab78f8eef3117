import { isExternal } from "../docs/links.ts";

/** A built site: the text of each page, and all its files, by their paths in it. */
export interface Built {
  pages: ReadonlyMap<string, string>;
  files: ReadonlySet<string>;
  /** The path at which the site is served, as "/" or "/quadlet-fleet/". */
  base: string;
}

/** The links of a built site that lead nowhere: "docs/tls.html: ./acme.html#gone". */
export function deadInBuild({ pages, files, base }: Built): string[] {
  const ids = new Map([...pages].map(([path, html]) => [path, new Set(valuesOf(html, "id"))]));
  const isDead = (page: string, href: string): boolean => {
    if (isExternal(href)) return false;
    const { pathname, hash } = new URL(href, `https://site${base}${page}`);
    if (!pathname.startsWith(base)) return true;
    const path = decodeURI(pathname.slice(base.length)).replace(/(^|\/)$/, "$1index.html");
    if (!files.has(path)) return true;
    return hash !== "" && ids.get(path)?.has(decodeURIComponent(hash.slice(1))) !== true;
  };
  return [...pages].flatMap(([page, html]) =>
    [...new Set(valuesOf(html, "href"))]
      .filter((href) => isDead(page, href))
      .map((href) => `${page}: ${href}`),
  );
}

/** The values of an attribute. `href` also names assets that a page loads. */
function valuesOf(html: string, attribute: string): string[] {
  const values = html.matchAll(new RegExp(`<[a-z][^>]*\\s${attribute}="([^"]*)"`, "g"));
  return [...values].map(([, value = ""]) => value.replaceAll("&amp;", "&"));
}
