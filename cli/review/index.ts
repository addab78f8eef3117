import { outlookVariable } from "../../provider/outlook.ts";
import { pulumi, runPulumi } from "../stack.ts";
import { Stop } from "../stop.ts";
import { markdown } from "./markdown.ts";
import { refusals } from "./max.ts";
import { readPreview } from "./preview.ts";

export interface ReviewOptions {
  /** Default: the selected one. */
  readonly stack: string | undefined;
  /** Bytes. */
  readonly limit: number;
  readonly link: string | undefined;
  readonly max: readonly string[];
  readonly json: boolean;
}

/**
 * `quadlet-fleet review`: one preview, as a comment of a pull request.
 *
 * @returns the exit status: 0, or 3 where more hosts change in a way than is allowed
 * @throws Stop when the preview fails
 */
export async function review({ stack, limit, link, max, json }: ReviewOptions): Promise<number> {
  const name = stack ?? (await pulumi(["stack", "--show-name"], undefined)).trim();
  const found = readPreview(await previewOf(name));
  const refused = refusals(max, found);
  const { changes, warnings } = found;
  process.stdout.write(
    json
      ? `${JSON.stringify({ stack: name, changes, warnings, refusals: refused }, undefined, 2)}\n`
      : markdown(changes, { stack: name, limit, link, refusals: refused, warnings }),
  );
  return refused.length === 0 ? 0 : 3;
}

/** As JSON, without secrets. A preview contacts no host. */
async function previewOf(stack: string): Promise<string> {
  const argv = ["preview", "--json", "--show-sames", "--non-interactive", "--stack", stack];
  const env = { ...process.env, [outlookVariable]: "json" };
  try {
    return await runPulumi(argv, env);
  } catch (thrown) {
    if (thrown instanceof Stop) throw thrown;
    const { stdout = "", stderr = "" } = thrown as { stdout?: string; stderr?: string };
    throw new Stop(`the preview failed:\n${errorsIn(stdout) || stderr.trim()}`);
  }
}

/** It says what is wrong in its JSON. */
function errorsIn(text: string): string {
  try {
    const { diagnostics = [] } = JSON.parse(text) as {
      diagnostics?: { severity?: string; message?: string }[];
    };
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    return errors.map(({ message = "" }) => message.replace(/^error: /, "").trim()).join("\n");
  } catch {
    return "";
  }
}
