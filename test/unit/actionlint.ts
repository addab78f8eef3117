import { join } from "node:path";
import { cached } from "../../tools/cache.ts";

/** The program that lints workflows, if it is installed: its build needs Go. */
export const actionlint = ((): string | undefined => {
  try {
    return join(cached("actionlint"), "actionlint");
  } catch {
    return undefined;
  }
})();

/** The reason why a test of it is skipped; false if it is not. */
export const withoutActionlint = actionlint === undefined && "tools/setup.sh actionlint has not built it";
