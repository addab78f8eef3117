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
      `No host has the version of the stack: ${fold([...found.keys()])}.\nPerhaps they were rolled back already: \`pulumi refresh\` and \`pulumi preview\` show what differs.`,
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

function isNow(text: string, now: string): boolean {
  return text !== "" && isVersion(text, now);
}
