import { type ValueType, contract } from "../resources/contract-data.ts";
import { type Wire, type WireObject, isObject, isSecret, secret } from "./wire.ts";

/**
 * A copy of an object of the contract in which all secret fields of the contract are marked as secret, even if the user did not mark them.
 *
 * @param shape the name of its type in resources/contract/
 */
export function withSecrets(shape: string, object: WireObject): WireObject {
  const fields = contract[shape]?.fields ?? {};
  const mark = (key: string, value: Wire): Wire => {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (!field || value === null) return value;
    return field.secret ? secret(value) : markWithin(field.type, value);
  };
  return mapValues(object, mark);
}

/** A value that is already secret stays as it is, because everything in it is secret too. */
function markWithin(type: ValueType, value: Wire): Wire {
  if (isSecret(value)) return value;
  if (type.kind === "list" && Array.isArray(value)) return value.map((inner) => markWithin(type.of, inner));
  if (!isObject(value)) return value;
  if (type.kind === "shape") return withSecrets(type.shape, value);
  return type.kind === "map" ? mapValues(value, (_, inner) => markWithin(type.of, inner)) : value;
}

function mapValues(object: WireObject, change: (key: string, value: Wire) => Wire): WireObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(key, value)]));
}
