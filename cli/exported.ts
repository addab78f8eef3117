import { type Wire, type WireObject, isObject, secret } from "../provider/wire.ts";
import { Stop } from "./stop.ts";

/** A resource in what `pulumi stack export` writes. */
export interface Exported {
  readonly urn: string;
  readonly id: string;
  readonly type: string;
  /** Of its provider: "URN::ID". */
  readonly provider: string;
  readonly inputs: WireObject;
  readonly outputs: WireObject;
}

/** How the engine marks a secret in a state (pulumi/pulumi: sdk/go/common/resource/sig). Assets have another value. */
const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/**
 * The resources of these types in an exported stack, with their secrets marked as on the wire. Those that are only there until their
 * replacement has deleted them are left out.
 *
 * @param text of `pulumi stack export --show-secrets`
 * @throws Stop when its secrets are still encrypted
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

function fromState(value: Wire): Wire {
  if (Array.isArray(value)) return value.map(fromState);
  if (!isObject(value)) return value;
  const object = value as WireObject;
  if (object[signature] !== secretSignature)
    return Object.fromEntries(Object.entries(object).map(([key, inner]) => [key, fromState(inner)]));
  if (typeof object.plaintext !== "string")
    throw new Stop("The exported stack has encrypted secrets.\nUse a newer Pulumi: pulumi.com/docs/install");
  return secret(fromState(JSON.parse(object.plaintext) as Wire));
}
