import { approvedVariable } from "../../provider/approved.ts";
import { approve } from "../review/approval.ts";
import { markdown } from "../review/markdown.ts";
import { runPreview } from "../review/run.ts";
import { harmless } from "../output.ts";
import { selectedStack } from "../stack.ts";
import { Stop } from "../stop.ts";
import { differences, isDeployed } from "./differences.ts";
import { attend } from "./run.ts";
import { unreachable } from "./unreachable.ts";

export interface UpOptions {
  /** Default: the selected stack. */
  readonly stack: string | undefined;
  /** The approval of a review. */
  readonly approved: string;
}

/** The limit in bytes of the review that is printed if something differs. */
const limit = 65_536;

/**
 * `quadlet-fleet up`: runs `pulumi up` if its effect, the hosts and the state are the same as in an approved review.
 *
 * @returns the exit status: 0 if an earlier run has deployed it, 3 if something differs, otherwise that of `pulumi up`
 * @throws Stop when the hosts could not be asked
 */
export async function up({ stack, approved }: UpOptions): Promise<number> {
  const name = await selectedStack(stack);
  const { previewed, versions } = await runPreview(name, ["--refresh"]);
  const { planned, changes, warnings } = previewed;
  const unseen = unreachable(planned);
  if (unseen.length > 0)
    throw new Stop(
      `Nothing was changed: hosts could not be reached, so what they have can't be compared with what was approved.\n${unseen.join("\n")}\nTo leave them out of a site: \`rollout: { offline: skip }\`.`,
    );
  const present = approve(planned, versions);
  const found = "why" in present ? present.why : differences(approved, { ...present, versions, changes });
  if ("token" in present && found.length === 0)
    return await attend(["up", "--yes", "--skip-preview", "--non-interactive", "--stack", name], {
      ...process.env,
      [approvedVariable]: present.stamps.join(","),
    });
  if ("token" in present && isDeployed(approved, present.token, planned)) {
    console.error("quadlet-fleet: Nothing to do: what was approved is deployed already.");
    return 0;
  }
  console.error(
    harmless(
      `quadlet-fleet: Nothing was changed, as this is not what was approved:\n- ${found.join("\n- ")}`,
    ),
  );
  const approval = { why: ["this is what up found. Run quadlet-fleet review to get one"] };
  process.stdout.write(
    markdown(changes, { stack: name, limit, link: undefined, refusals: [], warnings, approval }),
  );
  return 3;
}
