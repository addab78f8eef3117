import { secret } from "@pulumi/pulumi/output.js";
import { z } from "zod";
import { type ArgumentProblem, parseArguments, pathText } from "../components/arguments/problems.ts";
import { type Schema, below, schemasAt } from "../components/arguments/schema-walk.ts";
import { required } from "../components/arguments/wording.ts";
import { readText } from "./files.ts";
import { isMap } from "./merge.ts";

/**
 * The fields whose text may be in a file, and the fields that have such texts by names. A "line" loses the line end that editors leave at
 * the end of a file.
 */
export const textFields: Record<string, "text" | "line"> = {
  nginx: "text",
  extra: "text",
  certificate: "text",
  key: "text",
  ca: "text",
  privateKey: "text",
  environment: "line",
  hostKey: "line",
  passphrase: "line",
  username: "line",
  password: "line",
};

/** Those of them that are always secrets. */
const secretFields: readonly string[] = ["key", "privateKey", "passphrase", "password"];

/** A reference to a text in a file. */
export const referenceSchema = z.strictObject({
  file: z
    .string(required("the path of a file that has the text", '"nginx/default.conf"'))
    .min(1, "is empty: it is the path of a file that has the text"),
  secret: z.boolean().optional(),
});

/** A reference to a text in an environment variable: a secret unless the reference says otherwise. */
export const variableSchema = z.strictObject({
  env: z
    .string(required("the name of an environment variable that has the text", '"TOKEN"'))
    .min(1, "is empty: it is the name of an environment variable that has the text"),
  secret: z.boolean().optional(),
});

/** A reference in place of a text. */
export type Reference = z.infer<typeof referenceSchema> | z.infer<typeof variableSchema>;

/** Gives the text for a reference. A "line" has no line end at its end. */
export type Resolve = (
  reference: Reference,
  kind: "text" | "line",
) => { value: unknown } | { problem: string };

/** A text from a file. */
interface FileText {
  /** The path of the reference to the file. */
  readonly at: readonly PropertyKey[];
  /** The file, as the reference names it. */
  readonly file: string;
}

/** A value with its texts. */
export interface Texts {
  value: unknown;
  problems: (ArgumentProblem & { at: readonly PropertyKey[] })[];
  /** The paths of texts that are always secrets and are written in clear. */
  inClear: (readonly PropertyKey[])[];
  /** The texts from files. */
  files: FileText[];
}

/**
 * Replaces each `{ file: PATH }` and `{ env: NAME }` by its text, only where the schema has a text: a file of `nginx` may itself be named
 * "file".
 *
 * @param schema the schema of the value at `path`
 * @param value may be malformed: a later check reports that
 * @param resolve gives the text for a reference
 * @returns a value without such references, and what is wrong with them
 */
export function readTexts(
  schema: z.ZodType,
  path: readonly PropertyKey[],
  value: unknown,
  resolve: Resolve,
): Texts {
  const problems: Texts["problems"] = [];
  const inClear: Texts["inClear"] = [];
  const files: Texts["files"] = [];
  const walk = (
    schemas: readonly Schema[],
    field: string,
    at: readonly PropertyKey[],
    here: unknown,
  ): unknown => {
    if (Array.isArray(here))
      return here.map((inner, index) => walk(below(schemas, index), field, [...at, index], inner));
    const kind = Object.hasOwn(textFields, field) ? textFields[field] : undefined;
    if (!isMap(here)) {
      if (typeof here === "string" && secretFields.includes(field) && kind !== undefined) inClear.push(at);
      return here;
    }
    if (kind !== undefined && schemas.some(({ _zod: { def } }) => def.type === "string"))
      return read(kind, at, here);
    return Object.fromEntries(
      Object.entries(here).map(([key, inner]) => {
        // The names in a record are chosen by the user, so the record's own field decides about its texts.
        const isField = schemas.some(({ _zod: { def } }) => Object.hasOwn(def.shape ?? {}, key));
        return [key, walk(below(schemas, key), isField ? key : field, [...at, key], inner)];
      }),
    );
  };
  const read = (kind: "text" | "line", at: readonly PropertyKey[], reference: object): unknown => {
    const parsed = parseArguments("env" in reference ? variableSchema : referenceSchema, reference);
    if (parsed.problems) {
      problems.push(
        ...parsed.problems.map(({ path: inside, message }) => ({
          path: `${pathText(at)}.${inside}`,
          message,
          at,
        })),
      );
      return undefined;
    }
    if ("file" in parsed.data) files.push({ at, file: parsed.data.file });
    const found = resolve(parsed.data, kind);
    if ("value" in found) return found.value;
    problems.push({ path: pathText(at), message: found.problem, at });
    return undefined;
  };
  return { value: walk(schemasAt(schema, []), "", path, value), problems, inClear, files };
}

/**
 * Reads the text of a reference.
 *
 * @param directory the project's, where relative paths begin
 */
export function textsFrom(directory: string): Resolve {
  return (reference, kind) => {
    const found = "env" in reference ? variable(reference.env) : readText(reference.file, directory);
    if ("problem" in found) return found;
    const text = kind === "line" ? found.text.replace(/\r?\n$/, "") : found.text;
    return { value: (reference.secret ?? "env" in reference) ? secret(text) : text };
  };
}

function variable(name: string): { text: string } | { problem: string } {
  const text = process.env[name];
  if (text !== undefined && text !== "") return { text };
  return { problem: `the environment variable ${name} is ${text === "" ? "empty" : "not set"}` };
}
