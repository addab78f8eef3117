import { createHash, scrypt } from "node:crypto";
import { promisify } from "node:util";
import packageJson from "../package.json" with { type: "json" };
import type { Credentials } from "../resources/contract.ts";
import type { Before } from "./operations/context.ts";
import {
  type Wire,
  type WireObject,
  hasUnknown,
  isObject,
  isSecret,
  reveal,
  revealObject,
  secret,
} from "./wire.ts";

/** Digests of what an operation does to a set and of the state from which it starts. Any changed byte changes at least one of them. */
export interface Approval {
  /** Everything that the hosts get and how it is rolled out, with a number for each image. */
  readonly content: string;
  /** Each host with its address, host key and login, and the credentials of the provider's configuration. */
  readonly hosts: string;
  /** The references of the images, in the order of their numbers in `content`. */
  readonly images: string;
  /** What the last operation, or a later refresh, recorded. */
  readonly state: string;
  /** The version of the provider. */
  readonly version: string;
}

/** What the provider knows of a create or an update. */
export interface Coming {
  readonly urn: string;
  /** Undefined for a create. */
  readonly before: Before | undefined;
  readonly inputs: WireObject;
  /** The provider's configuration. */
  readonly credentials: Partial<Credentials>;
}

/** Digests of a create or an update. Undefined if a value is known only during the deploy, because no review could show it. */
export async function approvalOf(coming: Coming): Promise<Approval | undefined> {
  const { urn, before, inputs, credentials } = coming;
  if (hasUnknown(revealObject(inputs))) return undefined;
  const { hosts = {}, images = {} } = inputs;
  const references: string[] = [];
  const rest = without(inputs, "hosts", "where", "images");
  const content = numbered(rest, referencePattern(images), references);
  const digestOf = async (value: Wire) => digest(await encoded(value, slowly(stackOf(urn))));
  return {
    content: await digestOf(content),
    hosts: await digestOf([hosts, secret(credentials)]),
    images: await digestOf([references, images]),
    state: await digestOf(before ? [before.inputs, without(before.properties, "unseen")] : null),
    version: packageJson.version,
  };
}

/**
 * The digest of a removal: of the recorded inputs and outputs, as a preview shows them. The engine does not ask a provider about a removal
 * during the preview, so the review has nothing else.
 */
export function removalOf(inputs: WireObject = {}, outputs: WireObject = {}): string {
  return digest(shown([inputs, without(outputs, "unseen")]));
}

function without(values: WireObject, ...names: readonly string[]): WireObject {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}

/** 128 bits as text. */
export function digest(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(canonical(value)))
    .digest()
    .subarray(0, 16)
    .toString("base64url");
}

/** With sorted keys. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, canonical(inner)]);
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function shown(value: Wire): Wire {
  if (isSecret(value)) return "[secret]";
  if (Array.isArray(value)) return value.map(shown);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value as WireObject).map(([key, inner]) => [key, shown(inner)]));
}

type Slow = (text: string) => Promise<string>;

/** Writes each secret as `{ secret: … }` and each object as `{ object: … }`, so that no object can look like a secret. */
async function encoded(value: Wire, slow: Slow): Promise<Wire> {
  if (isSecret(value)) return { secret: await slow(JSON.stringify(canonical(reveal(value)))) };
  if (Array.isArray(value)) return Promise.all(value.map((inner) => encoded(inner, slow)));
  if (!isObject(value)) return value;
  const entries = Object.entries(value as WireObject).map(async ([key, inner]): Promise<[string, Wire]> => [
    key,
    await encoded(inner, slow),
  ]);
  return { object: Object.fromEntries(await Promise.all(entries)) };
}

const hash = promisify<string, string, number, Buffer>(scrypt);
const hashes = new Map<string, Promise<string>>();

/**
 * Hashes secrets slowly: a reader of a digest in a pull request must not find a secret by trying. With Node's defaults each try takes 16
 * MiB and about 50 ms, and the salt makes tables of one fleet useless for another. All sets of a stack have the same salt because they
 * share most of their secrets, so each secret is hashed only once.
 */
function slowly(salt: string): Slow {
  return (text) => {
    const key = JSON.stringify([salt, text]);
    const known = hashes.get(key);
    if (known) return known;
    const found = hash(text, salt, 16).then((bytes) => bytes.toString("base64url"));
    hashes.set(key, found);
    return found;
  };
}

/** "urn:pulumi:production::my-fleet" */
function stackOf(urn: string): string {
  return urn.split("::").slice(0, 2).join("::");
}

/** Matches the reference of each image. Undefined if there are no images. */
function referencePattern(images: Wire): RegExp | undefined {
  const plain = reveal(images);
  const references = isObject(plain) ? Object.keys(plain) : [];
  if (references.length === 0) return undefined;
  const escaped = references.map((reference) => reference.replace(/[^\w]/g, "\\$&"));
  return new RegExp(`(?<![\\w./:@-])(${escaped.join("|")})(?![\\w./:@-])`);
}

/**
 * Replaces each reference of an image with a number, in the order of appearance, so that another image changes only the digest `images`.
 *
 * @param found gets the references
 */
function numbered(value: Wire, pattern: RegExp | undefined, found: string[]): Wire {
  if (pattern === undefined) return value;
  if (typeof value === "string") {
    const pieces = value.split(pattern);
    if (pieces.length === 1) return value;
    return { pieces: pieces.map((piece, at) => (at % 2 === 0 ? piece : numberOf(piece, found))) };
  }
  if (Array.isArray(value)) return value.map((inner) => numbered(inner, pattern, found));
  if (isSecret(value)) return { ...value, value: numbered(value.value ?? null, pattern, found) };
  if (!isObject(value)) return value;
  const sorted = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, inner]) => [key, numbered(inner, pattern, found)]));
}

function numberOf(reference: string, found: string[]): number {
  const at = found.indexOf(reference);
  return at === -1 ? found.push(reference) - 1 : at;
}
