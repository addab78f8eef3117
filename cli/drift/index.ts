import { runPulumi, selectedStack } from "../stack.ts";
import { Stop } from "../stop.ts";
import { driftMarkdown } from "./markdown.ts";
import { type Looked, readRefresh } from "./read.ts";

/**
 * `quadlet-fleet drift`: looks at all hosts of a stack with a refresh that does not change the state, and prints the differences as
 * Markdown.
 *
 * @param stack default: the selected stack
 * @returns the exit status: 0 if nothing differs, 1 if hosts could not be looked at, otherwise 3
 * @throws Stop when the refresh could not start
 */
export async function drift(stack: string | undefined): Promise<number> {
  const name = await selectedStack(stack);
  const looked = await look(name);
  process.stdout.write(driftMarkdown(name, looked));
  if (looked.errors.length > 0) {
    console.error(`quadlet-fleet: the hosts of ${name} could not be looked at. Standard output says why.`);
    return 1;
  }
  return looked.differences.length === 0 ? 0 : 3;
}

async function look(stack: string): Promise<Looked> {
  const argv = ["refresh", "--preview-only", "--json", "--non-interactive", "--stack", stack];
  try {
    return readRefresh(await runPulumi(argv));
  } catch (thrown) {
    if (thrown instanceof Stop) throw thrown;
    const { stdout = "", stderr = "" } = thrown as { stdout?: string; stderr?: string };
    const { errors, differences } = found(stdout);
    if (errors.length === 0) throw new Stop(`the refresh failed:\n${stderr.trim() || stdout.trim()}`);
    return { errors, differences };
  }
}

/** What a refresh found. If it failed, its output may be JSON or not. */
function found(stdout: string): Looked {
  try {
    return readRefresh(stdout);
  } catch {
    return { differences: [], errors: [] };
  }
}
