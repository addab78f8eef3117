// The site: the Markdown beside README.md and in docs/, as it is on GitHub. The navigation is that of docs/README.md.
import console from "node:console";
import { cpSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { deadInBuild } from "../dead.ts";
import { repositoryPage, target } from "../target.ts";
import { navigation } from "../../docs/navigation.ts";
import { anchor } from "../../docs/prose.ts";

const root = join(import.meta.dirname, "../../..");
const read = (path) => readFileSync(join(root, path), "utf8");
const { name, description, repository } = JSON.parse(read("package.json"));

const isPage = (path) => /^(docs\/.*|[^/]*)\.md$/.test(path);
const isCopied = (path) => path.startsWith("docs/") && !isPage(path);
const site = { isPage, isCopied, repository: repositoryPage(repository) };

const sidebarEntry = ({ text, path, entries = [] }) => ({
  text,
  link: `/${path.replace(/(README)?\.md$/, "")}`,
  ...(entries.length === 0 ? {} : { items: entries.map(sidebarEntry), collapsed: true }),
});

/** Links lead where they lead on GitHub. A link without a target becomes plain text. */
function links({ tokens, env }) {
  for (const { children } of tokens)
    for (const [at, token] of children?.entries() ?? []) {
      if (token.type !== "link_open") continue;
      const to = target(env.relativePath, token.attrGet("href"), site);
      if (to === undefined) {
        const end = children.findIndex(({ type }, index) => index > at && type === "link_close");
        for (const part of [token, children[end]]) Object.assign(part, { type: "text", content: "" });
      } else token.attrSet("href", to);
    }
}

/** Braces are text, not templates of Vue, and a block of Mermaid is a diagram. */
function plain(md) {
  const { text, code_inline, fence } = md.renderer.rules;
  const escaped = (html) => html.replaceAll("{", "&#123;");
  md.renderer.rules.text = (...args) => escaped(text(...args));
  md.renderer.rules.code_inline = (...args) => escaped(code_inline(...args));
  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const { info, content } = tokens[index];
    if (info.trim() !== "mermaid") return fence(tokens, index, ...rest);
    return `<pre class="mermaid" tabindex="0" v-pre>${md.utils.escapeHtml(content)}</pre>`;
  };
}

function check({ outDir, site: { base } }) {
  cpSync(join(root, "docs"), join(outDir, "docs"), {
    recursive: true,
    filter: (path) => !path.endsWith(".md"),
  });
  const files = readdirSync(outDir, { recursive: true });
  const html = files.filter((file) => file.endsWith(".html"));
  const pages = new Map(html.map((file) => [file, readFileSync(join(outDir, file), "utf8")]));
  const dead = deadInBuild({ pages, files: new Set(files), base });
  if (dead.length > 0) throw new Error(`links lead nowhere:\n${dead.join("\n")}`);
  if (repository === undefined)
    console.log("package.json has no repository: links to files that are not on the site are plain text");
}

export default {
  title: name,
  description,
  // No icon, and no request for one.
  head: [["link", { rel: "icon", href: "data:," }]],
  srcDir: root,
  srcExclude: ["!(docs)/**/*.md"],
  rewrites: (path) => path.replace(/README\.md$/, "index.md"),
  outDir: "dist",
  cacheDir: "node_modules/.cache",
  markdown: {
    anchor: { slugify: (heading) => anchor(heading).slice(1) },
    attrs: { disable: true },
    config: (md) => {
      md.core.ruler.push("links", links);
      plain(md);
    },
  },
  themeConfig: {
    nav: [{ text: "Documentation", link: "/docs/" }],
    sidebar: navigation("docs/README.md", read).map(({ text, entries }) => ({
      text,
      items: entries.map(sidebarEntry),
    })),
    outline: [2, 3],
    search: { provider: "local" },
    ...(site.repository === undefined ? {} : { socialLinks: [{ icon: "github", link: site.repository }] }),
  },
  // Vite warns about Mermaid's parts, which are large. They are loaded only by pages with a diagram.
  vite: { build: { chunkSizeWarningLimit: 1000 } },
  buildEnd: check,
};
