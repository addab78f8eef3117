import { secret } from "@pulumi/pulumi/output.js";
import { z } from "zod";
import { type ArgumentProblem, parseArguments, pathText } from "../components/arguments/problems.ts";
import { type Schema, below, schemasAt } from "../components/arguments/schema-walk.ts";
import { required } from "../components/arguments/wording.ts";
import { readText } from "./files.ts";

/**
 * The fields whose text may be in a file, and what holds their texts by names. A "line" loses the line end that editors
 * leave at the end of a file.
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

/** What stands in place of a text. */
export const referenceSchema = z.strictObject({
  file: z
    .string(required("the path of a file that has the text", '"nginx/default.conf"'))
    .min(1, "is empty: it is the path of a file that has the text"),
  secret: z.boolean().optional(),
});

/**
 * Puts the text of its file in the place of each `{ file: PATH }`, as a secret where it says `secret: true`. Only where the schema
 * has a text: a file of `nginx` may itself be named "file".
 *
 * @param schema of what is at `path`
 * @param value which may be malformed: that is told later
 * @param directory the project's, where relative paths begin
 * @returns a value without such references, and what is wrong with them
 */
export function readTexts(
  schema: z.ZodType,
  path: readonly PropertyKey[],
  value: unknown,
  directory: string,
): { value: unknown; problems: ArgumentProblem[] } {
  const problems: ArgumentProblem[] = [];
  const walk = (
    schemas: readonly Schema[],
    field: string,
    at: readonly PropertyKey[],
    here: unknown,
  ): unknown => {
    if (Array.isArray(here))
      return here.map((inner, index) => walk(below(schemas, index), field, [...at, index], inner));
    if (typeof here !== "object" || here === null) return here;
    const kind = Object.hasOwn(textFields, field) ? textFields[field] : undefined;
    if (kind !== undefined && schemas.some(({ _zod: { def } }) => def.type === "string"))
      return read(kind, at, here);
    return Object.fromEntries(
      Object.entries(here).map(([key, inner]) => {
        // The names in a record are the user's: what they name is a matter of the record.
        const isField = schemas.some(({ _zod: { def } }) => Object.hasOwn(def.shape ?? {}, key));
        return [key, walk(below(schemas, key), isField ? key : field, [...at, key], inner)];
      }),
    );
  };
  const read = (kind: "text" | "line", at: readonly PropertyKey[], reference: object): unknown => {
    const parsed = parseArguments(referenceSchema, reference);
    if (parsed.problems) {
      problems.push(
        ...parsed.problems.map((one) => ({ path: `${pathText(at)}.${one.path}`, message: one.message })),
      );
      return undefined;
    }
    const found = readText(parsed.data.file, directory);
    if ("problem" in found) {
      problems.push({ path: pathText(at), message: found.problem });
      return undefined;
    }
    const text = kind === "line" ? found.text.replace(/\r?\n$/, "") : found.text;
    return parsed.data.secret === true ? secret(text) : text;
  };
  return { value: walk(schemasAt(schema, []), "", path, value), problems };
}
