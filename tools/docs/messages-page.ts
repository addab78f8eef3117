import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Message, messagesOfCode, messagesOfShell } from "./messages.ts";

/** The folders with messages, by what a reader was doing when the message appeared. A file belongs to the first part that fits. */
const parts: readonly (readonly [heading: string, folders: readonly string[]])[] = [
  ["Stack files and inventories", ["stacks/", "cli/import-inventory/"]],
  ["Arguments of sites and proxies", ["components/", "resources/"]],
  ["nginx configuration", ["units/nginx/"]],
  ["Units, images, names and keys", ["units/"]],
  ["SSH: connections, host keys and logins", ["host/ssh/"]],
  ["Refusals: what a host can't have", ["host/plan/"]],
  ["Deploys on a host", ["host/"]],
  ["Changes on many hosts", ["rollout/"]],
  ["The provider: previews, updates, refreshes, imports and removals", ["provider/"]],
  ["The command line", ["cli/"]],
];

export const messagesFile = "docs/messages.md";

/** The sources of these folders by their paths, in order. */
export function readSources(root: string): Map<string, string> {
  const tops = [
    ...new Set(parts.flatMap(([, folders]) => folders).map((folder) => folder.split("/")[0] ?? "")),
  ];
  const paths = tops.flatMap((top) =>
    readdirSync(join(root, top), { encoding: "utf8", recursive: true }).map((path) => `${top}/${path}`),
  );
  const sources = paths.filter((path) => /\.(ts|sh)$/.test(path)).sort();
  return new Map(sources.map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

/** The text of {@link messagesFile}. */
export function messagesPage(sources: ReadonlyMap<string, string>): string {
  const left = new Map(sources);
  const sections = parts.map(([heading, folders]) => {
    const ours = [...left].filter(([path]) => folders.some((folder) => path.startsWith(folder)));
    for (const [path] of ours) left.delete(path);
    const lines = new Set(
      ours.flatMap(([path, text]) => messagesOf(path, text)).map((message) => message.join("\n    ")),
    );
    return `## ${heading}\n\n\`\`\`text\n${[...lines].join("\n")}\n\`\`\`\n`;
  });
  if (left.size > 0) throw new Error(`no part of ${messagesFile} is for ${[...left.keys()].join(", ")}`);
  return `${head}\n${sections.join("\n")}`;
}

/** The messages of a source file of TypeScript or shell. */
function messagesOf(path: string, text: string): Message[] {
  return path.endsWith(".sh") ? messagesOfShell(text) : messagesOfCode(text);
}

const head = `<!-- Made by \`make docs\` of the sources: change those. -->

# Messages

With this page you can find the message that you got and what to do about it. [troubleshooting.md](troubleshooting.md) explains the most
likely ones.

\`{name}\` stands for a value, and \`{…}\` for a longer expression. An indented line belongs to the message above it. Some lines follow the
path of an argument or the name of a host, and some are a part of a longer message.
`;
