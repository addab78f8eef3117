import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** The outputs of commands, one per file. test/hosts writes them (test/hosts/support/shown.ts). */
const directory = "docs/shown";

/** The pages that may show them. */
const documents = ["README.md", ...readdirSync(join(root, "docs")).map((file) => `docs/${file}`)].filter(
  (path) => path.endsWith(".md"),
);

const place = /^(<!-- shown: (\S+) -->\n\n```\n)[\s\S]*?(?=^```$)/gm;

/** The pages that show an output, up to date: below a line `<!-- shown: FILE -->` is a block with the text of that file. */
export function pagesWithShown(): Record<string, string> {
  const texts = documents.map((path) => [path, readFileSync(join(root, path), "utf8")] as const);
  return Object.fromEntries(
    texts
      .filter(([, text]) => text.includes("<!-- shown: "))
      .map(([path, text]) => [
        path,
        text.replaceAll(
          place,
          (_, before: string, file: string) => before + readFileSync(join(root, directory, file), "utf8"),
        ),
      ]),
  );
}
