import type { Credentials } from "../resources/contract.ts";
import { type Failure, checkField } from "./check-shape.ts";
import { withFlags } from "./flags.ts";
import { type PlainObject, type WireObject, hasUnknown, revealObject } from "./wire.ts";

/**
 * The provider's configuration (`pulumi config set quadlet:identityFile …`): credentials that override those of every connection. An import
 * has no other credentials, and after a rotation the state still has the old ones.
 */
export function configuration(args: WireObject): { credentials: Partial<Credentials>; failures: Failure[] } {
  const failures: Failure[] = [];
  const credentials: PlainObject = {};
  // The engine adds the version of the plugin.
  const { version, ...given } = withFlags("Credentials", args);
  void version;
  for (const [key, value] of Object.entries(revealObject(given))) {
    if (value === null) continue;
    checkField("Credentials", key, value, key, (path, reason) => failures.push({ path, reason }));
    if (!hasUnknown(value)) credentials[key] = value;
  }
  return { credentials: credentials, failures };
}
