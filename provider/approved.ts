import { type Approval, type Coming, approvalOf, digest, removalOf } from "./approval.ts";
import { Refused } from "./failure.ts";
import type { Before } from "./operations/context.ts";
import { nameOf } from "./urn.ts";

/** Set by `quadlet-fleet up`: the stamps of the approved operations, separated by commas. Without it, nothing is compared. */
export const approvedVariable = "QUADLET_FLEET_APPROVED";

export type Operation = "create" | "update" | "delete";

/** The token of one approved operation on a set. */
export function stampOf(urn: string, operation: Operation, approved: Approval | string): string {
  return digest([urn, operation, approved]);
}

/**
 * Refuses an operation that is not the approved one: the program or the state may have changed since the preview that was compared.
 *
 * @throws Refused for an operation that is not approved
 */
export async function expectApproved(coming: Coming): Promise<void> {
  await expect(coming.urn, coming.before ? "update" : "create", () => approvalOf(coming));
}

/** The same for a removal. */
export async function expectApprovedRemoval(urn: string, { inputs, properties }: Before): Promise<void> {
  await expect(urn, "delete", () => removalOf(inputs, properties));
}

async function expect(
  urn: string,
  operation: Operation,
  of: () => Promise<Approval | undefined> | string,
): Promise<void> {
  const stamps = process.env[approvedVariable]?.split(",");
  if (stamps === undefined) return;
  const approval = await of();
  if (approval !== undefined && stamps.includes(stampOf(urn, operation, approval))) return;
  throw new Refused(
    `${nameOf(urn)}: this ${operation} is not what was approved: the program, its configuration or the recorded state has changed since.\nNo host was contacted for it. Run \`quadlet-fleet review\` again, and have the new review approved.`,
  );
}
