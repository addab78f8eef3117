import { type ValueType, contract } from "../resources/contract-data.ts";
import { type Wire, type WireObject, isObject, isSecret } from "./wire.ts";

/**
 * An object of the contract in which a field that is a text or a flag has the flag where it had the text "true" or "false". The
 * engine writes configuration so, and other languages, which have one type for a field, have no other way.
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
