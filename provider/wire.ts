import structs from "google-protobuf/google/protobuf/struct_pb.js";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";

/**
 * Values as the engine sends them: JSON in which a secret is an object with a signature, and an unknown value is a certain string, at any
 * depth (pulumi/pulumi: sdk/go/common/resource/plugin/rpc.go).
 */
export type Wire = null | boolean | number | string | Wire[] | { [key: string]: Wire };
export type WireObject = { [key: string]: Wire };

const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const unknownString = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A value that a preview does not know yet. */
export const unknown = Symbol("unknown");

/** A wire value without its wrappers, for reading. */
export type Plain = null | boolean | number | string | typeof unknown | Plain[] | { [key: string]: Plain };
export type PlainObject = { [key: string]: Plain };

export const wireUnknown: Wire = unknownString;

export function fromStruct(struct: Struct | undefined): WireObject {
  return struct?.toJavaScript() ?? {};
}

export function toStruct(value: WireObject): Struct {
  return structs.Struct.fromJavaScript(value);
}

export function isObject(value: unknown): value is { [key: string]: never } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isSecret(value: Wire | undefined): value is WireObject {
  return isObject(value) && value[signature] === secretSignature;
}

export function secret(value: Wire): WireObject {
  return isSecret(value) ? value : { [signature]: secretSignature, value };
}

/** Takes all wrappers off. */
export function reveal(value: Wire | undefined): Plain {
  if (value === undefined) return null;
  if (value === unknownString) return unknown;
  if (isSecret(value)) return reveal(value.value);
  if (Array.isArray(value)) return value.map(reveal);
  if (isObject(value)) return revealObject(value);
  return value;
}

export function revealObject(value: WireObject): PlainObject {
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, reveal(inner)]));
}

/** Whether the value at a path is secret, by itself or as part of a secret. */
export function isSecretAt(value: Wire | undefined, path: readonly string[]): boolean {
  if (isSecret(value)) return true;
  const [key, ...rest] = path;
  if (key === undefined || !isObject(value)) return false;
  return isSecretAt((value as WireObject)[key], rest);
}

export function hasUnknown(value: Plain): boolean {
  if (value === unknown) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isObject(value) && Object.values(value).some(hasUnknown);
}
