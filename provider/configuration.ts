import type { Credentials } from "../resources/contract.ts";
import { type Failure, credentialRules } from "./check.ts";
import { didYouMeanOf } from "../units/nearest.ts";
import { type WireObject, hasUnknown, revealObject } from "./wire.ts";

/**
 * The provider's configuration (`pulumi config set quadlet:identityFile …`): credentials that override those of every
 * connection. An import has no others, and after a rotation the old state still has the old ones.
 */
export function configuration(args: WireObject): { credentials: Partial<Credentials>; failures: Failure[] } {
  const failures: Failure[] = [];
  const credentials: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(revealObject(args))) {
    // The engine adds the version of the plugin.
    if (key === "version" || value === null) continue;
    const rule = Object.hasOwn(credentialRules, key) ? credentialRules[key] : undefined;
    if (!rule)
      failures.push({ path: key, reason: `is not known.${didYouMeanOf(key, Object.keys(credentialRules))}` });
    else rule(value, key, (path, reason) => failures.push({ path, reason }));
    if (!hasUnknown(value)) credentials[key] = value === "true" ? true : value === "false" ? false : value;
  }
  return { credentials: credentials, failures };
}
