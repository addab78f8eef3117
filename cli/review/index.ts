import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { outlookVariable } from "../../provider/outlook.ts";
import { pulumi } from "../stack.ts";
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
    return (await promisify(execFile)("pulumi", argv, { maxBuffer: 1024 ** 3, env })).stdout;
  } catch (thrown) {
    const { code, stdout = "", stderr = "" } = thrown as { code?: unknown; stdout?: string; stderr?: string };
    if (code === "ENOENT")
      throw new Stop("`pulumi` was not found.\nInstall it, or put it on PATH: pulumi.com/docs/install");
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
