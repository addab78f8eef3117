import { runPulumi, selectedStack } from "../stack.ts";
import { Stop } from "../stop.ts";
import { driftMarkdown } from "./markdown.ts";
import { type Looked, readRefresh } from "./read.ts";

/**
 * `quadlet-fleet drift`: looks at all hosts of a stack by a refresh that keeps nothing, and prints what differs as Markdown.
 *
 * @param stack default: the selected one
 * @returns the exit status: 0 if nothing differs, otherwise 3; 1 where hosts could not be looked at
 * @throws Stop when the refresh does not even begin
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

/** A refresh that fails may have written its JSON, or nothing that is JSON. */
function found(stdout: string): Looked {
  try {
    return readRefresh(stdout);
  } catch {
    return { differences: [], errors: [] };
  }
}
