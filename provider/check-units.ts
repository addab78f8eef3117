import { unitName } from "../units/names.ts";
import { parse } from "../units/parse.ts";
import { type Plain, unknown } from "./wire.ts";

/** One unit of `units`: its name and that its text can be read. */
export function checkUnit(
  value: Plain,
  path: string,
  fail: (path: string, reason: string) => void,
  key: string,
): void {
  attempt(path, fail, () => unitName(key));
  if (value === unknown) return;
  if (typeof value === "string") attempt(path, fail, () => parse(value, key));
  else fail(path, "must be text");
}

function attempt(path: string, fail: (path: string, reason: string) => void, action: () => unknown): void {
  try {
    action();
  } catch (thrown) {
    fail(path, (thrown as Error).message);
  }
}
