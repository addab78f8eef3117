import { randomBytes } from "node:crypto";
import type { Desired } from "../desired.ts";
import { type Errand, scriptOf } from "./attend.ts";
import { keeperOf } from "./sources.ts";

const script = scriptOf("exec");

/** Bytes of a line of its output that are kept. */
const longest = 64 * 1024;

/** A command in the container of a unit, run by the podman that has the container. Its processes are stopped when the caller leaves. */
export function execErrand(desired: Desired, unit: string, command: readonly string[]): Errand {
  const { manager, account } = keeperOf(desired, unit);
  const mark = randomBytes(16).toString("hex");
  const as = manager === "system" ? "root" : "either";
  return { account, as, script, longest, argv: [manager, account ?? "-", unit, mark, ...command] };
}
