import { readFileSync } from "node:fs";
import { Output, secret } from "@pulumi/pulumi/output.js";
import type { z } from "zod";
import { ArgumentError } from "../components/arguments/problems.ts";
import { below, mayBeSecret } from "../components/arguments/schema-walk.ts";
import { parseYaml } from "./yaml-file.ts";

/**
 * Marks as secret what is `secure:` in the stack file. The engine passes a configuration value on decrypted and says only that it has a
 * secret somewhere. To make the whole value secret would hide every diff.
 *
 * @param value the decrypted value, in which the text of a file (texts.ts) may be a secret already
 * @param source the same value in the stack file
 */
export function markSecrets(value: unknown, source: unknown): unknown {
  if (isSecure(source)) return secret(value);
  if (Output.isInstance(value)) return value;
  if (Array.isArray(value))
    return value.map((inner, index) => markSecrets(inner, Array.isArray(source) ? source[index] : undefined));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        markSecrets(inner, isRecord(source) ? source[key] : undefined),
      ]),
    );
  }
  return value;
}

/**
 * Marks every text that may be a secret, for a value whose secrets can't be distinguished.
 *
 * @param schemas the schemas of the value
 */
export function markSecretFields(schemas: readonly z.ZodType[], value: unknown): unknown {
  if (Output.isInstance(value)) return value;
  if (typeof value === "string") return mayBeSecret(schemas) ? secret(value) : value;
  if (Array.isArray(value))
    return value.map((inner, index) => markSecretFields(below(schemas, index), inner));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      // An image is never marked: it is part of a unit's text, whose diff would then be hidden.
      key === "image" ? inner : markSecretFields(below(schemas, key), inner),
    ]),
  );
}

/** Before each of our keys in a stack file. */
export const prefix = "quadlet-fleet:";

/** The `config` part of a stack file, as it is written. */
export interface StackFile {
  readonly config: Readonly<Record<string, unknown>>;
  /** Where a value is written. The path begins with one of our keys, without the prefix. */
  readonly at: (path: readonly PropertyKey[]) => string | undefined;
  readonly isBlank: (path: readonly PropertyKey[]) => boolean;
}

/**
 * @param name the file's name in errors
 * @returns undefined if there is no such file (for example with --config-file)
 */
export function readStackFile(path: string, name: string): StackFile | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const { content, problems, at, isBlank } = parseYaml(text, name);
  if (problems.length > 0) throw new ArgumentError("the stack file", problems);
  const file = isRecord(content) ? content : {};
  // Pulumi does not report them, and their sites would be removed from the hosts.
  const misplaced = Object.keys(file).filter((key) => key.startsWith(prefix));
  if (misplaced.length > 0)
    throw new ArgumentError(
      `the stack file ${path}`,
      misplaced.map((key) => ({
        path: key,
        message: "is beside config:, where it has no effect. Move it below config:.",
        where: at([key]),
      })),
    );
  return {
    config: isRecord(file.config) ? file.config : {},
    at: (path) => at(inFile(path)),
    isBlank: (path) => isBlank(inFile(path)),
  };
}

function inFile([key, ...rest]: readonly PropertyKey[]): PropertyKey[] {
  return ["config", `${prefix}${String(key)}`, ...rest];
}

/**
 * Whether a value from the engine is the one in the stack file: with `--config-file`, or with values of Pulumi ESC, it may be a different
 * one. A secret may be any text.
 */
export function isWrittenAs(value: unknown, source: unknown): boolean {
  if (isSecure(source)) return typeof value === "string";
  if (Array.isArray(value) && Array.isArray(source))
    return value.length === source.length && value.every((inner, index) => isWrittenAs(inner, source[index]));
  if (isRecord(value) && isRecord(source)) {
    const keys = Object.keys(value);
    return (
      keys.length === Object.keys(source).length &&
      keys.every((key) => Object.hasOwn(source, key) && isWrittenAs(value[key], source[key]))
    );
  }
  return value === source;
}

/** Whether a value is a secret as `pulumi config set --secret` writes it. */
export function isSecure(source: unknown): boolean {
  return isRecord(source) && Object.keys(source).length === 1 && typeof source.secure === "string";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
