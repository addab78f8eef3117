import { rmSync } from "node:fs";
import { join } from "node:path";
import { makeStack } from "../test/hosts/support/stack.ts";
import { describeMachine, machineLines, toolVersions } from "./machine.ts";
import type { Part } from "./part.ts";
import { configurePretended, pretend } from "./pretend.ts";
import { table } from "./table.ts";

const many = 1000;

/** Bytes of `preview --diff` for a change of one line. */
const aim = 1024;

/** How a preview of a thousand hosts is, which contacts none of them: the state is as a deploy would have left it. */
export const benchThousand: Part = async ({ work, load }) => {
  await using stack = await makeStack("bench-thousand");
  process.on("exit", () => rmSync(stack.file, { force: true }));
  const want = (page: string) => configurePretended(stack, many, page);
  const rows: string[][] = [];
  const preview = async (what: string) => {
    const began = performance.now();
    const said = await stack.preview();
    rows.push([what, ((performance.now() - began) / 1000).toFixed(2), String(Buffer.byteLength(said))]);
    return said;
  };

  want("one");
  await preview("a first deploy");
  const state = await pretend(stack, many, join(work, "state.json"));
  await preview("nothing changed");
  want("two");
  const said = await preview("one line changed");
  const bytes = Buffer.byteLength(said);
  const problems = /web-\[1-1000\]: reloads www\.service/.test(said)
    ? []
    : [`the preview says something else:\n${said}`];
  const machine = describeMachine(load, await toolVersions(work));
  const verdict = bytes < aim ? "met" : "NOT met";
  const section = `## A preview of ${many} hosts

Without any host. The state, as after a deploy, has ${state} bytes. \`preview --diff\` of one changed line has ${bytes} bytes; the aim is less
than ${aim}: **${verdict}**.

${table([["`preview --diff` of", "seconds", "bytes"], ...rows])}

${machineLines(machine)}
`;
  return { section, problems };
};
