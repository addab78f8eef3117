import type { Failure } from "./check-shape.ts";
import { checkUnitSet } from "./check.ts";
import {
  type Plain,
  type PlainObject,
  type Wire,
  type WireObject,
  isObject,
  isSecret,
  isSecretAt,
  reveal,
  revealObject,
  secret,
} from "./wire.ts";

/** The parts of a version: those in the outputs, and all. */
const partsOfOutputs = ["units", "userUnits", "files", "services", "userServices", "images"] as const;
const parts = [...partsOfOutputs, "checks", "probes"] as const;

/**
 * The text that a host keeps of a version, for a later rollback. Secrets, and the content of files that only their owner may read, are
 * `null`: a secret that was replaced must not stay on the host. Pure.
 *
 * @param wire the inputs of a set
 */
export function versionText(wire: WireObject): string {
  const texts = (key: "units" | "userUnits") =>
    mapped(record(reveal(wire[key])), (content, unit) => (isSecretAt(wire, [key, unit]) ? null : content));
  const files = mapped(record(reveal(wire.files)), (file, path) => {
    return isPrivate(wire, path) ? { ...record(file), content: null } : file;
  });
  const known = { units: texts("units"), userUnits: texts("userUnits"), files };
  const rest = parts
    .filter((part) => !(part in known))
    .map((part) => [part, holdsSecret(wire[part]) ? null : reveal(wire[part] ?? {})]);
  return `${JSON.stringify({ ...known, ...Object.fromEntries(rest) })}\n`;
}

/** Whether hosts do not keep the content of a file for a rollback: it is a secret, or only the file's owner may read it. Pure. */
export function isPrivate(wire: WireObject, path: string): boolean {
  const { value: mode } = valueIn(wire, ["files", path, "mode"]);
  return (
    valueIn(wire, ["files", path, "content"]).isWrapped || (typeof mode === "string" && mode.endsWith("00"))
  );
}

/** Whether a text is the same version as the outputs of the last operation, given as the text of a version. Pure. */
export function isVersion(text: string, ofOutputs: string): boolean {
  const [one, other] = [read(text), read(ofOutputs)];
  return partsOfOutputs.every((part) => JSON.stringify(one[part]) === JSON.stringify(other[part]));
}

/** Whether a former version has a value in clear text that the present one leaves out, because it is a secret now. Pure. */
export function reveals(former: string, now: string): boolean {
  const [before, after] = [read(former), read(now)];
  const isHidden = (value: Plain | undefined, other: Plain | undefined): boolean =>
    (value === null && other !== null && other !== undefined) ||
    Object.entries(record(value)).some(([key, inner]) => isHidden(inner, record(other)[key]));
  return isHidden(after, before);
}

/** A kept version can't be deployed: the message says why. */
export class VersionError extends Error {}

/**
 * The inputs that deploy a kept version. The hosts, the policy of the rollout and file contents that were not kept stay as they are now.
 * Pure.
 *
 * @param now the inputs of the last operation
 * @param text what the hosts have kept, which may be anything
 * @throws VersionError
 */
export function inputsOf(now: WireObject, text: string): WireObject {
  const kept = read(text);
  // This would remove all backends of a proxy: in that version they had their own set.
  if (!hasPart(text, "userUnits") && Object.keys(record(reveal(now.userUnits))).length > 0)
    throw new VersionError(
      "It was deployed by an older quadlet-fleet, which did not keep the units of the account's own manager.",
    );
  const texts = (["units", "userUnits"] as const).flatMap((part) => Object.entries(record(kept[part])));
  for (const [part, value] of [...Object.entries(kept), ...texts])
    if (value === null)
      throw new VersionError(`Hosts keep no secrets, and the previous version has one: ${part}.`);
  const files = mapped(record(kept.files), (file, path) =>
    isObject(file) && record(file).content === null
      ? { ...record(file), content: contentNow(now, path) }
      : file,
  );
  const inputs = { ...now, ...kept, files } as WireObject;
  const failures = checkUnitSet(revealObject(inputs));
  if (failures.length > 0) throw new VersionError(`It is not valid: ${failures.map(said).join("; ")}.`);
  return inputs;
}

function read(text: string): PlainObject {
  const found = parsed(text);
  return Object.fromEntries(parts.map((part) => [part, part in found ? (found[part] ?? null) : {}]));
}

function hasPart(text: string, part: (typeof parts)[number]): boolean {
  return part in parsed(text);
}

function parsed(text: string): PlainObject {
  try {
    const found = JSON.parse(text) as Plain;
    if (isObject(found)) return found;
  } catch {
    // Reported below.
  }
  throw new VersionError("A host's record of it is damaged.");
}

/** The present content of a file, marked if it is a secret. */
function contentNow(now: WireObject, path: string): Wire {
  const { value, isWrapped } = valueIn(now, ["files", path, "content"]);
  if (typeof value === "string") return isWrapped ? secret(value) : value;
  throw new VersionError(`Hosts keep no secrets, and the present version has no ${path} to take it from.`);
}

/** The value at a path, and whether it is a secret or in one. */
function valueIn(wire: WireObject, path: readonly string[]): { value: Wire | undefined; isWrapped: boolean } {
  let value: Wire | undefined = wire;
  let isWrapped = false;
  for (const key of path) {
    value = isObject(value) ? (value as WireObject)[key] : undefined;
    while (isSecret(value)) [value, isWrapped] = [value.value, true];
  }
  return { value, isWrapped };
}

const said = ({ path, reason }: Failure) => `${path} ${reason}`;

function holdsSecret(value: Wire | undefined): boolean {
  if (isSecret(value)) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsSecret);
}

function record(value: Plain | undefined): PlainObject {
  return isObject(value) ? value : {};
}

function mapped<T, U>(
  values: Readonly<Record<string, T>>,
  change: (value: T, key: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value, key)]));
}
