import { outlookVariable } from "../../provider/outlook.ts";
import packageJson from "../../package.json" with { type: "json" };
import { type Digest, saidAs } from "../engine-json.ts";
import { runPulumi } from "../stack.ts";
import { Stop } from "../stop.ts";
import type { Versions } from "./approval.ts";
import { type Previewed, readPreview } from "./preview.ts";

/**
 * Runs a preview of a stack and reads it.
 *
 * @param more options of `pulumi preview`. Only with `--refresh` it contacts the hosts
 * @throws Stop when it fails
 */
export async function runPreview(
  stack: string,
  more: readonly string[] = [],
): Promise<{ previewed: Previewed; versions: Versions }> {
  const [text, engine] = await Promise.all([previewOf(stack, more), runPulumi(["version"])]);
  return { previewed: readPreview(text), versions: { package: packageJson.version, engine: engine.trim() } };
}

/** The preview as JSON, without secrets. */
async function previewOf(stack: string, more: readonly string[]): Promise<string> {
  const argv = ["preview", "--json", "--show-sames", "--non-interactive", ...more, "--stack", stack];
  const env = { ...process.env, [outlookVariable]: "json" };
  try {
    return await runPulumi(argv, env);
  } catch (thrown) {
    if (thrown instanceof Stop) throw thrown;
    const { stdout = "", stderr = "" } = thrown as { stdout?: string; stderr?: string };
    throw new Stop(`the preview failed:\n${errorsIn(stdout) || stderr.trim()}`);
  }
}

/** The errors in the JSON of a failed preview. */
function errorsIn(text: string): string {
  try {
    return saidAs("error", (JSON.parse(text) as Digest).diagnostics).join("\n");
  } catch {
    return "";
  }
}
