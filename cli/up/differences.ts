import { type Part, type Versions, differingParts } from "../review/approval.ts";
import type { Change } from "../review/change.ts";
import type { Planned } from "../review/preview.ts";

/** What an approval is compared with: the result of a preview. */
export interface Present {
  readonly token: string;
  readonly versions: Versions;
  readonly changes: readonly Change[];
}

/** Whether an earlier run has deployed what was approved: a preview with the same wishes finds nothing to do. Pure. */
export function isDeployed(
  approved: string,
  token: string,
  planned: readonly Pick<Planned, "op">[],
): boolean {
  const done: readonly Part[] = ["state", "steps"];
  return (
    planned.every(({ op }) => op === "same") &&
    differingParts(approved, token).every((part) => done.includes(part))
  );
}

/** How a preview differs from what was approved, in sentences. Empty if nothing differs. Pure. */
export function differences(approved: string, { token, versions, changes }: Present): string[] {
  const differing = differingParts(approved, token);
  const found: Record<Part, () => string[]> = {
    content: () => ["What the sites get, or how it is rolled out, is not what was approved."],
    hosts: () => [
      "The hosts are not those that were approved: an address, a host key, a login or the choice of hosts differs.",
    ],
    images: () => ["The images are not those that were approved."],
    versions: () => [
      `The review was made with another version. Here it is quadlet-fleet ${versions.package} with Pulumi ${versions.engine}.`,
    ],
    state: () => [
      "The review started from something else: what the hosts have, or what the state says, has changed since. `pulumi refresh` records it.",
      ...changes.flatMap(noted),
    ],
    // If another part differs too, that part most likely explains this one.
    steps: () => (differing.length > 1 ? [] : ["Other resources change, or they change in another way."]),
  };
  return differing.flatMap((part) => found[part]());
}

/** What a refresh found. */
function noted({ site, drift, pending }: Change): string[] {
  return [
    ...Object.entries(drift).map(([hosts, what]) => `${site}: drift on ${hosts}: ${what}`),
    ...(pending === undefined ? [] : [`${site}: pending: ${pending}`]),
  ];
}
