import { writeFileSync } from "node:fs";
import { messageOf } from "../../host/errors.ts";
import { selectedStack } from "../stack.ts";
import { Stop } from "../stop.ts";
import { approve } from "./approval.ts";
import { markdown } from "./markdown.ts";
import { type Limit, refusals } from "./max.ts";
import { runPreview } from "./run.ts";

export interface ReviewOptions {
  /** Default: the selected stack. */
  readonly stack: string | undefined;
  /** Bytes. */
  readonly limit: number;
  readonly link: string | undefined;
  readonly max: readonly Limit[];
  readonly json: boolean;
  /** A file that gets the JSON. */
  readonly save: string | undefined;
}

/**
 * `quadlet-fleet review`: prints a preview as a comment for a pull request.
 *
 * @returns the exit status: 0, or 3 if an effect reaches more hosts than allowed
 * @throws Stop when the preview fails
 */
export async function review({ stack, limit, link, max, json, save }: ReviewOptions): Promise<number> {
  const name = await selectedStack(stack);
  const { previewed, versions } = await runPreview(name);
  const { changes, warnings, planned } = previewed;
  const refused = refusals(max, previewed);
  const approval =
    refused.length > 0 ? { why: ["more changes than is allowed"] } : approve(planned, versions);
  const said = "token" in approval ? { approval: approval.token } : { unapproved: approval.why };
  const text = `${JSON.stringify({ stack: name, ...said, changes, warnings, refusals: refused }, undefined, 2)}\n`;
  if (save !== undefined) write(save, text);
  process.stdout.write(
    json ? text : markdown(changes, { stack: name, limit, link, refusals: refused, warnings, approval }),
  );
  return refused.length === 0 ? 0 : 3;
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (thrown) {
    throw new Stop(`--save ${path}: ${messageOf(thrown)}`);
  }
}
