/** Text of docstrings as Markdown. */

/** Where `{@link …}` leads: an anchor of the page, or undefined if the page does not have that name. */
export type Resolve = (name: string) => { text: string; anchor: string } | undefined;

/** Turns `{@link …}`, man pages and addresses into links. Blocks and pieces of code stay as they are. */
export function prose(text: string, resolve: Resolve): string {
  return text
    .split(/^(```[\s\S]*?^```)$/m)
    .map((part) => (part.startsWith("```") ? part : sentences(part, resolve)))
    .join("");
}

function sentences(text: string, resolve: Resolve): string {
  return text
    .split(/(`[^`]*`|\{@link [^}]*\}|https?:\/\/[^\s;)]+|[a-z][\w.-]*\(\d\))/)
    .map((part, index) => {
      if (index % 2 === 0) return part.replace(/[*<]|(?<!\w)_|_(?!\w)/g, "\\$&");
      if (part.startsWith("`")) return part;
      if (part.startsWith("http")) return `<${part}>`;
      if (part.startsWith("{")) return link(part.slice("{@link ".length, -1), resolve);
      return `[${part}](${manPage(part)})`;
    })
    .join("");
}

function link(name: string, resolve: Resolve): string {
  const to = resolve(name);
  return to === undefined ? `\`${name}\`` : `[\`${to.text}\`](${to.anchor})`;
}

/** "podman-run(1), --network" or an address, as a link. */
export function source(text: string): string {
  const [, page, rest = ""] = /^([\w.-]+\(\d\))(.*)$/.exec(text) ?? [];
  if (page !== undefined) return `[${page}${rest}](${manPage(page)})`;
  return `[${text.replace(/^https:\/\/(www\.)?|\/$/g, "")}](${text})`;
}

/** The address of a man page: podman's own site for podman, Debian's for podman's libraries, man7.org for all others. */
function manPage(text: string): string {
  const [, name = "", section = ""] = /^(.*)\((\d)\)$/.exec(text) ?? [];
  if (name.startsWith("podman")) return `https://docs.podman.io/en/latest/markdown/${name}.${section}.html`;
  if (name.startsWith("containers-")) return `https://manpages.debian.org/${name}.${section}`;
  return `https://man7.org/linux/man-pages/man${section}/${name}.${section}.html`;
}

/** A default or a range, with the value at its beginning as code. */
export function value(text: string, resolve: Resolve): string {
  const [literal = ""] = /^(true|false|\d+|"[^"]*"|\[[^\]]*\])(?=$|[,;] )/.exec(text) ?? [];
  return `${literal === "" ? "" : `\`${literal}\``}${prose(text.slice(literal.length), resolve)}`;
}

/** GitHub's anchor of a heading. */
export function anchor(heading: string): string {
  return `#${heading
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-")}`;
}

/** The first sentence, for a table. */
export function firstSentence(text: string): string {
  return (/^.*?[.:](?= |$)/.exec(text)?.[0] ?? text).replace(/[.:]$/, "");
}
