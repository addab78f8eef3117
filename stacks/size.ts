import { pathText } from "../components/arguments/problems.ts";

/**
 * The most bytes that Linux allows for one environment variable, with its name and its end (execve(2), MAX_ARG_STRLEN with pages of 4 KiB).
 */
const most = 128 * 1024;
const warnFrom = 96 * 1024;

/** How many of the largest parts are named. */
const named = 5;

/**
 * A warning when the configuration is nearly too large. Beyond the limit this program can't be started, and only the engine could report
 * that. Undefined if there is enough room, the usual case.
 *
 * @param handedOver the environment variable PULUMI_CONFIG, which has the whole configuration
 * @param all the same, full key → text: JSON for values with parts
 */
export function sizeWarning(handedOver: string, all: Readonly<Record<string, string>>): string | undefined {
  const size = Buffer.byteLength(`PULUMI_CONFIG=${handedOver}\0`);
  if (size < warnFrom) return undefined;
  const keys = Object.entries(all).map(([key, text]): Part => [key, bytesOf(text)]);
  const texts = Object.entries(all).flatMap(([key, text]) =>
    textsIn([key.replace(/^quadlet-fleet:/, "")], parsed(text)),
  );
  return [
    `The stack's configuration has ${kibibytes(size)}: ${largest(keys)}.`,
    `Linux can't start this program with more than ${kibibytes(most)} ("argument list too long").`,
    `Move long texts to files, and write { file: PATH } instead (docs/limits.md): ${largest(texts)}.`,
  ].join(" ");
}

/** A part of the configuration, and its size in bytes. */
type Part = [name: string, bytes: number];

function textsIn(path: PropertyKey[], value: unknown): Part[] {
  // The configuration is JSON within JSON, so a line end takes three bytes.
  if (typeof value === "string") return [[pathText(path), bytesOf(JSON.stringify(value))]];
  if (Array.isArray(value)) return value.flatMap((inner, index) => textsIn([...path, index], inner));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsIn([...path, key], inner));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function bytesOf(text: string): number {
  return Buffer.byteLength(JSON.stringify(text));
}

function largest(parts: readonly Part[]): string {
  return parts
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, named)
    .map(([name, bytes]) => `${name} (${kibibytes(bytes)})`)
    .join(", ");
}

function kibibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} KiB`;
}
