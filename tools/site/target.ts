import { isExternal, resolveLink } from "../docs/links.ts";

/** The facts about the site that a link of the repository's Markdown needs. */
export interface Site {
  isPage: (path: string) => boolean;
  /** Whether the site has a copy of a file that is not a page. */
  isCopied: (path: string) => boolean;
  /** The repository's own web page, if it has one. */
  repository: string | undefined;
}

/**
 * Where a link leads on the site: to a page or a copied file of it, or else to the file on the repository's web page.
 * Undefined if the repository has no web page: the link is then plain text.
 */
export function target(page: string, to: string, { isPage, isCopied, repository }: Site): string | undefined {
  if (isExternal(to) || to.startsWith("#")) return to;
  const { path, anchor = "" } = resolveLink(page, to);
  if (isPage(path)) return to.replace(/README\.md(?=#|$)/, "index.md");
  if (isCopied(path)) return to;
  // HEAD is the default branch. GitHub leads from there to /tree/ if it is a directory.
  return repository === undefined ? undefined : `${repository}/blob/HEAD/${path}${anchor}`;
}

/** The web page that `repository` of a package.json names. */
export function repositoryPage(repository: string | { url: string } | undefined): string | undefined {
  if (repository === undefined) return undefined;
  const url = typeof repository === "string" ? repository : repository.url;
  const page = url.replace(/^git\+/, "").replace(/\.git$/, "");
  if (!page.startsWith("https://"))
    throw new Error(`repository of package.json is "${url}": write an address that starts with https://`);
  return page;
}
