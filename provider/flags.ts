import { type ValueType, contract } from "../resources/contract-data.ts";
import { type Wire, type WireObject, isObject, isSecret } from "./wire.ts";

/**
 * A copy of an object of the contract. If a field can be a text or a flag, the texts "true" and "false" become flags. The engine sends the
 * flags of the configuration as texts, and so do languages in which a field has only one type.
 *
 * @param shape the name of its type in resources/contract/
 */
export function withFlags(shape: string, object: WireObject): WireObject {
  const fields = contract[shape]?.fields ?? {};
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [
      key,
      settle(Object.hasOwn(fields, key) ? fields[key]?.type : undefined, value),
    ]),
  );
}

function settle(type: ValueType | undefined, value: Wire): Wire {
  if (isSecret(value)) return { ...value, value: settle(type, value.value ?? null) };
  if (type?.kind === "shape" && isObject(value)) return withFlags(type.shape, value);
  if (type?.kind === "map" && isObject(value))
    return Object.fromEntries(
      Object.entries(value as WireObject).map(([key, inner]) => [key, settle(type.of, inner)]),
    );
  const isFlag = type?.kind === "text" && type.orFlag && (value === "true" || value === "false");
  return isFlag ? value === "true" : value;
}
