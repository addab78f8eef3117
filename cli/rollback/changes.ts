import { printable } from "../../host/errors.ts";
import { diffUnitSet } from "../../provider/diff.ts";
import type { Before } from "../../provider/operations/context.ts";
import { type WireObject, revealObject } from "../../provider/wire.ts";

const signs = { add: "+", delete: "-", update: "~" } as const;

/**
 * What a rollback changes, with a line for each property as in Pulumi's diff: `~
 * files["/etc/quadlet-fleet/www/conf.d/default.conf"].content`. Pure.
 */
export function changesOf({ properties }: Before, inputs: WireObject): string[] {
  const changes = diffUnitSet(revealObject(properties), revealObject(inputs));
  return [...changes]
    .filter(([path]) => !/^(where|pending|drift)\b/.test(path))
    .map(([path, kind]) => `  ${signs[kind]} ${printable(path)}`);
}
