import type { UnitSetInputs } from "../resources/contract.ts";
import type { Failure } from "./check-shape.ts";
import { checkUnitSet } from "./check.ts";
import { type Wire, type WireObject, isObject, isSecret, revealObject, secret } from "./wire.ts";

/** What a version consists of. The outputs say the first four. */
const parts = ["units", "files", "services", "images", "checks", "probes"] as const;
const partsOfOutputs = parts.slice(0, 4);

/**
 * The text that a host keeps of a version, so that it can go back to it later. The content of secrets, and of files that only their owner
 * may read, is left out: a secret that was replaced must not stay on the host. Pure.
 *
 * @param isSecretKey whether the content of a unit, or of the file at a path, is a secret
 */
export function versionText(inputs: UnitSetInputs, isSecretKey: (key: string) => boolean): string {
  const units = mapped(inputs.units, (content, key) => (isSecretKey(key) ? null : content));
  const files = mapped(inputs.files ?? {}, (file, path) =>
    isSecretKey(path) || (file.mode ?? "0644").endsWith("00") ? { ...file, content: null } : file,
  );
  return `${JSON.stringify(only(parts, { ...inputs, units, files }))}\n`;
}

/** Whether the outputs of the last operation, as a version, are the one of a text. Pure. */
export function isVersion(text: string, ofOutputs: string): boolean {
  const [one, other] = [read(text), read(ofOutputs)];
  return JSON.stringify(only(partsOfOutputs, one)) === JSON.stringify(only(partsOfOutputs, other));
}

/** A kept version can't be deployed: the message says why. */
export class VersionError extends Error {}

/**
 * The inputs that deploy a kept version. Where and how it is deployed stays as it is now, and so do the contents that were not kept. Pure.
 *
 * @param now the inputs of the last operation
 * @param text what the hosts have kept, which may be anything
 * @throws VersionError
 */
export function inputsOf(now: WireObject, text: string): WireObject {
  const kept = read(text);
  const units = mapped(record(kept.units), (content, unit) => content ?? contentNow(now, ["units", unit]));
  const files = mapped(record(kept.files), (file, path) =>
    isObject(file) && record(file).content === null
      ? { ...record(file), content: contentNow(now, ["files", path, "content"]) }
      : file,
  );
  const inputs = { ...now, ...kept, units, files };
  const failures = checkUnitSet(revealObject(inputs));
  if (failures.length > 0) throw new VersionError(`It is not valid: ${failures.map(said).join("; ")}.`);
  return inputs;
}

function read(text: string): WireObject {
  try {
    const found = JSON.parse(text) as Wire;
    if (isObject(found)) return only(parts, found);
  } catch {
    // Said below.
  }
  throw new VersionError("A host's record of it is damaged.");
}

/** The content as it is now, a secret where it is one. */
function contentNow(now: WireObject, path: readonly string[]): Wire {
  let value: Wire | undefined = now;
  let isWrapped = false;
  for (const key of ["", ...path]) {
    if (key !== "") value = record(value)[key];
    while (isSecret(value)) [value, isWrapped] = [value.value, true];
  }
  if (typeof value === "string") return isWrapped ? secret(value) : value;
  throw new VersionError(
    `It has ${path[1] ?? ""}, whose content is secret, and the present version lacks it. Hosts keep no secrets of former versions.`,
  );
}

const said = ({ path, reason }: Failure) => `${path} ${reason}`;

function record(value: Wire | undefined): WireObject {
  return isObject(value) ? value : {};
}

function only(names: readonly string[], object: object): WireObject {
  return Object.fromEntries(names.map((name) => [name, (object as WireObject)[name] ?? {}]));
}

function mapped<T, U>(
  values: Readonly<Record<string, T>>,
  change: (value: T, key: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value, key)]));
}
