import { unitName } from "../units/names.ts";
import { parse } from "../units/parse.ts";
import { type Plain, unknown } from "./wire.ts";

/** The name of a unit that systemctl is asked about. */
export function checkName(key: string, path: string, fail: (path: string, reason: string) => void): void {
  attempt(path, fail, () => unitName(key));
  if (key.startsWith("-"))
    fail(path, "a unit's name can't begin with a dash here: it would be taken for an option");
}

/** One unit of `units`: its name and that its text can be read. */
export function checkUnit(
  value: Plain,
  path: string,
  fail: (path: string, reason: string) => void,
  key: string,
): void {
  checkName(key, path, fail);
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
