import type { Versions } from "../../host/facts/facts.ts";
import { isVersion } from "../../provider/version.ts";
import { fold } from "../../rollout/fold.ts";
import { Stop } from "../stop.ts";

/**
 * The version that hosts go back to: the one before that of the stack, if all of them have kept the same. A host that has it already may
 * have had a failed update. Pure.
 *
 * @param found what each host has kept
 * @param now the version of the stack
 * @throws Stop when it is not the same everywhere
 */
export function versionBefore(found: ReadonlyMap<string, Versions>, now: string): string {
  const has = new Map([...found].map(([host, versions]) => [host, isNow(versions.now, now)]));
  const updated = [...found].filter(([host]) => has.get(host));
  const [first] = updated;
  if (!first)
    throw new Stop(
      `No host has the version of the stack: ${fold([...found.keys()])}.\nWere they rolled back before? \`pulumi refresh\` and \`pulumi preview\` show what differs.`,
    );
  const [, { former }] = first;
  const without = updated.filter(([, versions]) => versions.former === "").map(([host]) => host);
  if (without.length > 0)
    throw new Stop(
      `There is no version before on ${fold(without)}: a host has one after the second deploy.\nRevert the program, and run \`pulumi up\`.`,
    );
  const others = [...found].filter(
    ([host, versions]) => (has.get(host) ? versions.former : versions.now) !== former,
  );
  if (others.length > 0)
    throw new Stop(
      `The hosts do not have the same version before: ${fold(others.map(([host]) => host))} differ from ${first[0]}.\nRevert the program, and run \`pulumi up\`.`,
    );
  return former;
}

function isNow(text: string, now: string): boolean {
  return text !== "" && isVersion(text, now);
}
