import { rmSync } from "node:fs";
import { join } from "node:path";
import { quadletFleet } from "../test/hosts/support/command-line.ts";
import { makeStack } from "../test/hosts/support/stack.ts";
import { describeMachine, machineLines, toolVersions } from "./machine.ts";
import type { Part } from "./part.ts";
import { configurePretended, pretend } from "./pretend.ts";
import { table } from "./table.ts";

const many = 1000;

/** The most bytes that `preview --diff` of a change of one line may print, and its review. */
const aims = { diff: 1024, review: 6 * 1024 };

/** A preview of a thousand hosts, which contacts none of them: the state is as a deploy would have left it. */
export const benchThousand: Part = async ({ work, load }) => {
  await using stack = await makeStack("bench-thousand");
  process.on("exit", () => rmSync(stack.file, { force: true }));
  const want = (page: string) => configurePretended(stack, many, page);
  const rows: string[][] = [];
  const timed = async (what: string, run: () => Promise<string>) => {
    const began = performance.now();
    const said = await run();
    rows.push([what, ((performance.now() - began) / 1000).toFixed(2), String(Buffer.byteLength(said))]);
    return said;
  };
  const preview = (what: string) => timed(`\`preview --diff\` of ${what}`, () => stack.preview());
  const review = async () => (await quadletFleet(stack, ["review"])).stdout;

  want("one");
  await preview("a first deploy");
  const state = await pretend(stack, many, join(work, "state.json"));
  await preview("nothing changed");
  want("two");
  const said = await preview("one line changed");
  const reviewed = await timed("`review` of one line changed", review);
  const problems = [
    ...(/web-\[1-1000\]: reloads www\.service/.test(said)
      ? []
      : [`the preview says something else:\n${said}`]),
    ...(/^\| www \| web-.*1-1000.* \| reloads \|/m.test(reviewed)
      ? []
      : [`the review says something else:\n${reviewed}`]),
    ...((await review()) === reviewed ? [] : ["a second review has other bytes"]),
  ];
  const machine = describeMachine(load, await toolVersions(work));
  const verdict = (said: string, aim: number) =>
    `${Buffer.byteLength(said)} bytes; the aim is less than ${aim}: **${Buffer.byteLength(said) < aim ? "met" : "NOT met"}**`;
  const section = `## A preview of ${many} hosts

Without any host. The state, as after a deploy, has ${state} bytes. For one changed line:

- \`preview --diff\` has ${verdict(said, aims.diff)}.
- \`review\` has ${verdict(reviewed, aims.review)}.

${table([["", "seconds", "bytes"], ...rows])}

${machineLines(machine)}
`;
  return { section, problems };
};
