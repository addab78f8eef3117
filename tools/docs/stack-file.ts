import { parse } from "yaml";
import { z } from "zod";
import { fleetSchema } from "../../stacks/schema.ts";
import { referenceSchema, textFields, variableSchema } from "../../stacks/texts.ts";
import type { Docstring } from "./docstring.ts";
import { type Argument, flatten } from "./tree.ts";

/** The parts of a JSON Schema that zod writes for the arguments. */
interface Json {
  [keyword: string]: unknown;
  anyOf?: Json[];
  properties?: Record<string, Json>;
  additionalProperties?: Json | boolean;
  items?: Json;
}

/** Stands for an Output. A stack file can't hold one and has `secure:` instead. */
const output: Json = { $comment: "an Output" };

const secure: Json = {
  type: "object",
  description: "A secret, as `pulumi config set --path --secret` writes it.",
  properties: { secure: { type: "string" } },
  required: ["secure"],
  additionalProperties: false,
};
const reference: Json = {
  ...toJson(referenceSchema),
  description: "The text is in a file: its path, from the project's directory or absolute.",
};
const variable: Json = {
  ...toJson(variableSchema),
  description:
    "The text is in a variable of the environment of `pulumi`. It is a secret unless `secret: false`.",
};
const paths = (what: string): Json => ({
  anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }],
  description: `${what} Paths start at the directory of Pulumi.yaml (docs/environments.md).`,
});

/** The JSON Schema of a stack file, with which editors complete, explain and check it. */
export function stackFileSchema(sites: readonly Argument[], proxies: readonly Argument[]): string {
  const { properties: { hosts, sites: ofSites, proxies: ofProxies } = {} } = toJson(fleetSchema);
  // A key whose entries are all commented out is null.
  const type = ["object", "null"];
  const config: Record<string, Json> = {
    "quadlet-fleet:hosts": { ...partial(rewrite(hosts ?? {}, docsOf(sites), "", "hosts.*")), type },
    "quadlet-fleet:sites": { ...partial(rewrite(ofSites ?? {}, docsOf(sites))), type },
    "quadlet-fleet:proxies": { ...partial(rewrite(ofProxies ?? {}, docsOf(proxies))), type },
    "quadlet-fleet:extends": paths("The files with what this environment shares with others."),
    "quadlet-fleet:inventory": paths("The files with its hosts, or directories of such files."),
  };
  return JSON.stringify({
    $schema: "http://json-schema.org/draft-07/schema#",
    $comment: "Made by `make docs` of the schemas and docstrings of the arguments: change those.",
    title: "A stack file of quadlet-fleet",
    type: "object",
    // Pulumi ignores these keys outside of `config`.
    propertyNames: { not: { pattern: "^quadlet-fleet:" } },
    properties: {
      config: {
        type: "object",
        propertyNames: { anyOf: [{ enum: Object.keys(config) }, { not: { pattern: "^quadlet-fleet:" } }] },
        properties: config,
      },
    },
    definitions: { file: reference, env: variable, secure },
  });
}

/** No field of an entry is required, because another file may have it. */
function partial(entries: Json): Json {
  if (typeof entries.additionalProperties !== "object") return entries;
  const { required, ...entry } = entries.additionalProperties;
  void required;
  return { ...entries, additionalProperties: entry };
}

function toJson(schema: z.ZodType): Json {
  const json = z.toJSONSchema(schema, { target: "draft-07", io: "input", unrepresentable: () => output });
  delete json.$schema;
  return json as Json;
}

type Docs = (path: string) => Docstring | undefined;

/** Finds the docstring of an argument by its path, also if the argument is documented under another path. */
function docsOf(tree: readonly Argument[]): Docs {
  const all = new Map(flatten(tree).map((argument) => [argument.path, argument]));
  const find: Docs = (path) => {
    const argument = all.get(path);
    if (argument) return argument.member.doc;
    const above = [...all.values()].find(({ path: at, as }) => as !== undefined && path.startsWith(`${at}.`));
    return above?.as === undefined ? undefined : find(`${above.as}${path.slice(above.path.length)}`);
  };
  return find;
}

/**
 * Turns the schema of a value into the schema of what a stack file may have for it, with the docs of its fields.
 *
 * @param field the name that decides whether `{ file: … }` is allowed (stacks/texts.ts)
 * @param path of the argument; undefined above the names of hosts, sites and proxies
 */
function rewrite(json: Json, docs: Docs, field = "", path?: string): Json {
  const isTop = path === undefined || (path === "hosts.*" && field === "");
  const below = path === undefined || path === "" ? "" : `${path}.`;
  const inner: Json = {
    ...json,
    ...(typeof json.pattern === "string" ? { pattern: plain(json.pattern) } : {}),
  };
  if (json.properties)
    inner.properties = Object.fromEntries(
      Object.entries(json.properties).map(([key, value]) => {
        const at = `${below}${key}`;
        // A field that already has a description is specific to stack files: `hosts` are names there, not connections.
        const explained = value.description === undefined ? explain(docs(at)) : {};
        return [key, { ...explained, ...rewrite(value, docs, key, at) }];
      }),
    );
  if (typeof json.additionalProperties === "object")
    inner.additionalProperties = rewrite(
      json.additionalProperties,
      docs,
      field,
      isTop ? (path ?? "") : `${path}.*`,
    );
  if (json.items) inner.items = rewrite(json.items, docs, field, `${path}[]`);
  return withStandIns(inner, docs, field, path);
}

/** Allows `{ file: … }` and `{ env: … }` in place of a text, and `{ secure: … }` in place of an Output. */
function withStandIns(json: Json, docs: Docs, field: string, path?: string): Json {
  const { anyOf, ...rest } = json;
  const options = anyOf ?? [rest];
  const isText = options.some(({ type }) => type === "string");
  const standIns = [
    ...(isText && Object.hasOwn(textFields, field)
      ? [{ $ref: "#/definitions/file" }, { $ref: "#/definitions/env" }]
      : []),
    ...(options.some(isOutput) ? [{ $ref: "#/definitions/secure" }] : []),
  ];
  if (!anyOf) return standIns.length === 0 ? json : { anyOf: [json, ...standIns] };
  const values = anyOf.filter((one) => !isOutput(one)).map((one) => rewrite(one, docs, "", path));
  return { ...rest, anyOf: [...values, ...standIns] };
}

function isOutput({ $comment }: Json): boolean {
  return $comment === output.$comment;
}

function explain(doc: Docstring | undefined): Json {
  if (!doc) return {};
  const { text, default: byDefault, range, examples } = doc;
  const lines = [
    text,
    ...(byDefault === undefined ? [] : [`Default: ${byDefault}`]),
    ...(range === undefined ? [] : [`Range: ${range}`]),
  ];
  return {
    description: lines.join("\n\n").replaceAll(/\{@link ([^}]*)\}/g, "`$1`"),
    examples: examples.map((example) => parse(example) as unknown),
  };
}

/** Not every validator reads a pattern as Unicode. */
function plain(pattern: string): string {
  const control = "\\u0000-\\u001f\\u007f-\\u009f";
  return pattern.replaceAll("\\P{Cc}", `[^${control}]`).replaceAll("\\p{Cc}", control);
}
