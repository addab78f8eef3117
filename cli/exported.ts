import { type Wire, type WireObject, isObject, secret } from "../provider/wire.ts";

/** A resource in what `pulumi stack export` writes; more is in it. */
export interface Exported {
  readonly urn: string;
  readonly type: string;
  readonly inputs: WireObject;
  readonly outputs: WireObject;
}

/** How the engine marks a secret in a state (pulumi/pulumi: sdk/go/common/resource/sig). */
const signature = "4dabf18193072939515e22adb298388d";

/**
 * The resources of an exported stack, with their secrets marked as on the wire.
 *
 * @param text of `pulumi stack export --show-secrets`
 * @throws Error when it is none, or its secrets are still encrypted
 */
export function resourcesIn(text: string): Exported[] {
  const { deployment } = JSON.parse(text) as { deployment?: { resources?: Partial<Exported>[] } | null };
  return (deployment?.resources ?? []).map(({ urn = "", type = "", inputs = {}, outputs = {} }) => ({
    urn,
    type,
    inputs: fromState(inputs) as WireObject,
    outputs: fromState(outputs) as WireObject,
  }));
}

function fromState(value: Wire): Wire {
  if (Array.isArray(value)) return value.map(fromState);
  if (!isObject(value)) return value;
  const object = value as WireObject;
  if (object[signature] === undefined)
    return Object.fromEntries(Object.entries(object).map(([key, inner]) => [key, fromState(inner)]));
  if (typeof object.plaintext !== "string") throw new Error("the exported state has encrypted secrets");
  return secret(fromState(JSON.parse(object.plaintext) as Wire));
}
