import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const file = join(import.meta.dirname, "results.md");

const head = `# What a deploy takes

Written by \`node bench/main.ts --write\`, a section by each of its parts (\`--only\`).

`;

/** Writes a section into results.md, in place of the section with the same heading. */
export function keep(section: string): void {
  writeFileSync(file, replaceSection(readFileSync(file, "utf8"), section));
}

export function replaceSection(text: string, section: string): string {
  const heading = (one: string) => one.split("\n", 1)[0];
  const [, ...before] = text.split(/^(?=## )/m);
  const sections = new Map([...before, section].map((one) => [heading(one), `${one.trimEnd()}\n`]));
  return head + [...sections.values()].join("\n");
}
