import { structuredPatch } from "diff";
import type { Diff } from "./change.ts";

/** Lines around a change. */
const context = 2;
/** How many added and removed lines are compared at most. The time grows with their square: this many take less than a second. */
const maxEditLength = 1000;

/** A difference as lines of a unified diff, without file names. Pure. */
export function hunksOf({ path, kind, before, after, isSecret }: Diff): string[] {
  const sign = { add: "+", delete: "-", update: "~" }[kind];
  if (isSecret) return [`${sign} ${path}: [secret]`];
  if (!isText(before) && !isText(after)) return [`${sign} ${path}: ${between(before, after)}`];
  const patch = structuredPatch("", "", whole(before), whole(after), "", "", { context, maxEditLength });
  const count = (text?: string) => whole(text).split("\n").length - 1;
  if (!patch) return [`${sign} ${path}: ${count(before)} → ${count(after)} lines, too many changes to show`];
  return [
    `${sign} ${path}`,
    ...patch.hunks.flatMap(({ oldStart, newStart, lines }, index) => [
      ...(index === 0 ? [] : [`@@ line ${before === undefined ? newStart : oldStart} @@`]),
      ...lines.filter((line) => !line.startsWith("\\")),
    ]),
  ];
}

/** Whether a value has several lines. */
function isText(value: string | undefined): boolean {
  return value?.includes("\n") ?? false;
}

/** Ends a text with a line end, so that a line added after it does not change the last line. */
function whole(text = ""): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

function between(before: string | undefined, after: string | undefined): string {
  return [before, after].filter((value) => value !== undefined).join(" → ");
}
