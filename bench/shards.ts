import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Stack, makeStack } from "../test/hosts/support/stack.ts";
import { controllerTime } from "./controller.ts";
import { legend, spread } from "./figures.ts";
import { describeMachine, machineLines, toolVersions } from "./machine.ts";
import type { Part } from "./part.ts";
import { configurePretended, pretend } from "./pretend.ts";
import { table } from "./table.ts";

const sizes = [10, 100, 1000] as const;

/** The cost of a stack by its number of hosts, before it contacts any: a fleet pays this for each stack that it is split into. */
export const benchShards: Part = async ({ repeats, work, load }) => {
  const rows: string[][] = [];
  for (const size of sizes) {
    await using stack = await makeStack("bench-shards");
    process.on("exit", () => rmSync(stack.file, { force: true }));
    configurePretended(stack, size, "one");
    await pretend(stack, size, join(work, "state.json"));
    const unchanged = await runs(repeats * 2, () => stack.run(["up", "--yes", "--skip-preview"]));
    configurePretended(stack, size, "two");
    const preview = await runs(repeats * 2, () => stack.preview());
    rows.push([String(size), unchanged.time, unchanged.processor, preview.time, preview.processor]);
  }
  const section = `## A stack, by its number of hosts

Without any host, as neither contacts one: what each stack costs that a fleet is split into. Seconds, and seconds of processor time:
${legend}.

${table([["hosts", "unchanged up", "its processor time", "preview of one line", "its processor time"], ...rows])}

${machineLines(describeMachine(load, await toolVersions(work)))}
`;
  return { section, problems: [] };
};

async function runs(count: number, work: () => ReturnType<Stack["run"]> | Promise<string>) {
  const [times, processor]: [number[], number[]] = [[], []];
  for (let at = 0; at < count; at += 1) {
    const began = performance.now();
    processor.push(await controllerTime(async () => void (await work())));
    times.push((performance.now() - began) / 1000);
  }
  return { time: spread(times), processor: spread(processor) };
}
