import { type Wire, type WireObject, isObject, isSecret, secret } from "../provider/wire.ts";
import { Stop } from "./stop.ts";

/** A resource in the output of `pulumi stack export`. */
export interface Exported {
  readonly urn: string;
  readonly id: string;
  readonly type: string;
  /** The reference to its provider: "URN::ID". */
  readonly provider: string;
  readonly inputs: WireObject;
  readonly outputs: WireObject;
}

/**
 * The resources of these types in an exported stack, with their secrets marked as on the wire. Replaced resources that are not deleted yet
 * are left out.
 *
 * @param text the output of `pulumi stack export --show-secrets`
 * @throws Stop when the secrets are still encrypted
 */
export function resourcesIn(text: string, types: readonly string[]): Exported[] {
  type Saved = Partial<Exported> & { delete?: boolean };
  const { deployment } = JSON.parse(text) as { deployment?: { resources?: Saved[] } | null };
  const saved = (deployment?.resources ?? []).filter((one) => types.includes(one.type ?? "") && !one.delete);
  return saved.map(({ urn = "", id = "", type = "", provider = "", inputs = {}, outputs = {} }) => ({
    ...{ urn, id, type, provider },
    inputs: fromState(inputs) as WireObject,
    outputs: fromState(outputs) as WireObject,
  }));
}

/** A state marks a secret as the wire does, with the secret's JSON as a text (pulumi/pulumi: pkg/resource/stack/deployment.go). */
function fromState(value: Wire): Wire {
  if (Array.isArray(value)) return value.map(fromState);
  if (isSecret(value)) {
    if (typeof value.plaintext === "string") return secret(fromState(JSON.parse(value.plaintext) as Wire));
    throw new Stop("The exported stack has encrypted secrets.\nUse a newer Pulumi: pulumi.com/docs/install");
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value as WireObject).map(([key, inner]) => [key, fromState(inner)]),
  );
}
