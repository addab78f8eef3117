import type { Versions } from "../../host/facts/facts.ts";
import { onlyVariable } from "../../provider/policy.ts";
import { isVersion } from "../../provider/version.ts";
import { fold } from "../../rollout/fold.ts";
import { Stop } from "../stop.ts";

/**
 * The version for a rollback: the one before the stack's version, if all hosts have kept the same. A host on which the update failed may
 * already have it. Pure.
 *
 * @param found the versions that each host has kept
 * @param now the version of the stack
 * @throws Stop when the hosts do not have the same previous version
 */
export function versionBefore(found: ReadonlyMap<string, Versions>, now: string): string {
  const updated = [...found].filter(([, versions]) => isNow(versions.now.text, now));
  const [first] = updated;
  if (!first)
    throw new Stop(
      wasRolledBack([...found.values()], now)
        ? "The site was rolled back already: the hosts have the previous version, and `pulumi up` deploys the newer one again."
        : `No host has the version of the stack: ${fold([...found.keys()])}.\n\`pulumi refresh\` and \`pulumi preview\` show what differs.`,
    );
  const former = first[1].former.text;
  const without = updated.filter(([, versions]) => versions.former.text === "").map(([host]) => host);
  if (without.length > 0)
    throw new Stop(
      `There is no previous version on ${fold(without)}: a host has one from its second deploy on.\n${leaveOut}`,
    );
  const others = [...found].filter(
    ([, versions]) => (isNow(versions.now.text, now) ? versions.former : versions.now).text !== former,
  );
  if (others.length > 0)
    throw new Stop(
      `The hosts do not have the same previous version: ${fold(others.map(([host]) => host))} differ from ${first[0]}.\n${leaveOut}`,
    );
  return former;
}

const leaveOut = `Revert the program and run \`pulumi up\`, or roll back the others only: ${onlyVariable}=web-1,web-2`;

/** Whether all hosts have the same version, and had the stack's version before it. */
function wasRolledBack(hosts: readonly Versions[], now: string): boolean {
  const present = new Set(hosts.map((one) => one.now.text));
  return present.size === 1 && !present.has("") && hosts.every((one) => isNow(one.former.text, now));
}

function isNow(text: string, now: string): boolean {
  return text !== "" && isVersion(text, now);
}
