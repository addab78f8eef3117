import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Output } from "../../../tools/execute.ts";

// README.md and docs/ show outputs of real runs: docs/shown has them, and `make docs` copies them into the pages.

const directory = join(import.meta.dirname, "../../../docs/shown");

/**
 * A user's view of a run of Pulumi, without the parts that differ from run to run or only repeat: ids and URNs, unchanged resources,
 * progress, times, the count of resources, and the outputs of a run that failed.
 */
export function withoutNoise({ code, stdout, stderr }: Output): string {
  const said = code === 0 ? stdout : stdout.replace(/^Outputs:\n[^]*(?=^Resources:)/m, "");
  return (
    said
      // The engine writes its messages before its summary.
      .replace(/^Resources:\n[^]*/m, () => stderr)
      .replace(/^ {2}pulumi:pulumi:Stack \(.*\):\n {4}error: update failed\n/m, "")
      .split("\n")
      .filter((line) => !/^@ |ing \(\d+s\)|^ +\[(id|urn)=|^[ +~-]*pulumi:pulumi:Stack\b/.test(line))
      .join("\n")
      .replaceAll(/ \(\d+s\).*$/gm, "")
  );
}

/**
 * Compares a text with docs/shown/FILE; `--test-update-snapshots` writes it.
 *
 * @param names words of this run → the words that a reader sees instead
 */
export function assertShown(
  t: TestContext,
  file: string,
  text: string,
  names: Record<string, string> = {},
): void {
  const named = Object.entries(names).reduce((all, [from, to]) => all.replaceAll(from, to), text);
  const tidy = named
    .replaceAll(/\t/g, "  ")
    .replaceAll(/ +$/gm, "")
    .replaceAll(/\n{2,}/g, "\n")
    .replace(/^\n/, "")
    .trimEnd();
  t.assert.fileSnapshot(`${tidy}\n`, join(directory, file), { serializers: [String] });
}
