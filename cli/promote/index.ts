import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withImages } from "../../stacks/images.ts";
import { readSettings } from "../environments/settings.ts";
import { harmless } from "../output.ts";
import { line } from "../review/markdown.ts";
import { readStack } from "../stack.ts";
import { Stop } from "../stop.ts";
import { type Decision, type Promotion, decide } from "./decide.ts";

/**
 * `quadlet-fleet promote FROM TO`: writes the images that one environment has proved into the stack file of another one, and prints the
 * result as Markdown, for a pull request.
 *
 * @returns the exit status: 0, or 3 if the first environment has not proved its files
 * @throws Stop if an image can't be written
 */
export async function promote(from: string, to: string): Promise<number> {
  const [ofFrom, ofTo] = [await readSettings(from), await readSettings(to)];
  const deployed = await readStack(from);
  if (deployed.length === 0) throw new Stop(`${from} has nothing deployed: there is nothing to promote.`);
  const decision = decide({ name: from, settings: ofFrom }, { name: to, settings: ofTo }, deployed);
  for (const note of decision.notes) console.error(`quadlet-fleet: ${harmless(note)}`);
  if (decision.refusals.length > 0) {
    for (const refusal of decision.refusals) console.error(`quadlet-fleet: ${harmless(refusal)}`);
    console.error("quadlet-fleet: nothing was written.");
    return 3;
  }
  await write(to, decision.promotions);
  process.stdout.write(promotionMarkdown(from, to, decision));
  return 0;
}

/** @throws Stop if the environment does not have the images afterwards. Its file is then restored */
async function write(to: string, promotions: readonly Promotion[]): Promise<void> {
  const file = join("stacks", `Pulumi.${to.split("/").at(-1)}.yaml`);
  const before = readFileSync(file, "utf8");
  const images = new Map(promotions.map(({ path, after }) => [path, after]));
  const written = withImages(before, images);
  if ("problems" in written)
    throw new Stop(
      [
        ...written.problems.map(({ path, why }) => `${path} in ${file} ${why}.`),
        `Nothing was written. Write such an image into ${file} once, by hand. Promotions replace it from then on.`,
      ].join("\n"),
    );
  if (written.text === before) return;
  writeFileSync(file, written.text);
  const now = new Map((await readSettings(to)).map(({ path, value }) => [path, value]));
  const wrong = [...images].filter(([path, image]) => now.get(path) !== image);
  if (wrong.length === 0) return;
  writeFileSync(file, before);
  throw new Stop(
    `${wrong.map(([path]) => path).join(", ")} of ${to} would not be what ${file} says.\nNothing was written.`,
  );
}

/** Pure. */
export function promotionMarkdown(from: string, to: string, { promotions }: Decision): string {
  if (promotions.length === 0) return `${line(to)} has every image that ${line(from)} has.\n`;
  return [
    `${line(to)} gets the images that ${line(from)} runs. There, no host is pending and none has drifted.`,
    "",
    `| image | ${line(to)} has | ${line(to)} gets |`,
    "| --- | --- | --- |",
    ...promotions.map(({ path, before, after }) => `| ${line(path)} | ${line(before)} | ${line(after)} |`),
    "",
  ].join("\n");
}
