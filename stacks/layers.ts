import { readdirSync, statSync } from "node:fs";
import { join, normalize } from "node:path";
import { type ArgumentProblem, didYouMeanOf, pathText } from "../components/arguments/problems.ts";
import { readText } from "./files.ts";
import { isMap } from "./merge.ts";
import { fleetSchema } from "./schema.ts";
import { type Resolve, type Texts, readTexts } from "./texts.ts";
import { parseYaml } from "./yaml-file.ts";

/** What one file says about hosts, sites and proxies. */
export interface Layer {
  /** With file references replaced by their texts. */
  readonly value: Readonly<Record<string, unknown>>;
  /** Problems with these texts. */
  readonly problems: Texts["problems"];
  readonly files: Texts["files"];
  /** Where a value is written. Undefined if the file does not have it. */
  readonly at: (path: readonly PropertyKey[]) => string | undefined;
  /** Whether a key has nothing behind it: not even "null". */
  readonly isBlank: (path: readonly PropertyKey[]) => boolean;
}

/** The files below a stack file, or below a file that it extends. */
export interface Below {
  readonly extends?: unknown;
  readonly inventory?: unknown;
}

/** The keys of such a file. */
const parts = Object.keys(fleetSchema.shape) as (keyof typeof fleetSchema.shape)[];
const keys = ["extends", "inventory", ...parts];

/** Reads the files below a stack file, the lowest first: the files that it extends, then its inventory. */
export class Layers {
  readonly all: Layer[] = [];
  /** Problems with the files themselves. */
  readonly problems: ArgumentProblem[] = [];
  readonly #directory: string;
  readonly #resolve: Resolve;
  readonly #extending = new Set<string>();

  /**
   * @param directory the project's, where relative paths begin
   * @param resolve gives the text for a reference
   */
  constructor(directory: string, resolve: Resolve) {
    this.#directory = directory;
    this.#resolve = resolve;
  }

  /**
   * @param at where the key is written
   * @param above the files that lead here
   */
  add(below: Below, at: (key: string) => string | undefined, above: readonly string[] = []): void {
    for (const path of this.#paths(below.extends, "extends", "stacks/base.yaml", at)) {
      if (above.includes(path))
        this.problems.push({
          path: "extends",
          message: `includes itself: ${[...above, path].join(" → ")}`,
          where: at("extends"),
        });
      // A file that several files extend is below all of them, so it is read once.
      else if (!this.#extending.has(path)) {
        this.#extending.add(path);
        this.#extended(path, [...above, path], at("extends"));
      }
    }
    const found = this.#paths(below.inventory, "inventory", "hosts/production.yaml", at);
    const known = new Map<string, string>();
    for (const path of new Set(found.flatMap((one) => this.#inventoryFiles(one, at("inventory")))))
      this.#inventory(path, known, at("inventory"));
  }

  #extended(path: string, above: readonly string[], where: string | undefined): void {
    const file = this.#read(path, "extends", where);
    if (!file) return;
    const content = file.content ?? {};
    if (!isMap(content)) {
      this.problems.push({ path, message: `must have hosts, sites or proxies`, where: file.at([]) });
      return;
    }
    for (const key of Object.keys(content))
      if (!keys.includes(key))
        this.problems.push({
          path: key,
          message: `is not known.${didYouMeanOf(key.replace(/^quadlet-fleet:/, ""), keys)}`,
          where: file.at([key]),
        });
    this.add(content, (key) => file.at([key]), above);
    const value = Object.fromEntries(
      parts.flatMap((key) => (isMap(content[key]) ? [[key, content[key]]] : [])),
    );
    for (const key of parts)
      if (content[key] !== undefined && content[key] !== null && !isMap(content[key]))
        this.problems.push({ path: key, message: "must be entries by their names", where: file.at([key]) });
    this.#push(value, file);
  }

  /** @param known host → where it is written, in the files of this inventory */
  #inventory(path: string, known: Map<string, string>, where: string | undefined): void {
    const file = this.#read(path, "inventory", where);
    if (!file) return;
    const hosts = file.content ?? {};
    if (!isMap(hosts)) {
      this.problems.push({
        path,
        message: "must be hosts by their names, as in web-1: { address: 192.0.2.11 }",
      });
      return;
    }
    for (const host of Object.keys(hosts)) {
      const before = known.get(host);
      const here = file.at([host]);
      if (before !== undefined)
        this.problems.push({ path: `hosts.${host}`, message: `is already in ${before}`, where: here });
      known.set(host, here ?? path);
    }
    const within = (path: readonly PropertyKey[]) => (path[0] === "hosts" ? path.slice(1) : undefined);
    this.#push(
      { hosts },
      {
        at: (path) => file.at(within(path) ?? [""]),
        isBlank: (path) => file.isBlank(within(path) ?? [""]),
      },
    );
  }

  #push(content: Readonly<Record<string, unknown>>, { at, isBlank }: Pick<Layer, "at" | "isBlank">): void {
    const { value, problems, inClear, files }: Texts = readTexts(fleetSchema, [], content, this.#resolve);
    for (const path of inClear)
      this.problems.push({
        path: pathText(path),
        message:
          "is a secret, and is not encrypted in a file that environments share. Write { file: PATH } or { env: NAME }, or put it into the stack file with `pulumi config set --path --secret`.",
        where: at(path),
      });
    this.all.push({ value: value as Layer["value"], problems, files, at, isBlank });
  }

  /** A directory stands for the YAML files in it. */
  #inventoryFiles(given: string, where: string | undefined): string[] {
    const path = join(this.#directory, given);
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [given];
    const files = readdirSync(path).filter((name) => /\.ya?ml$/.test(name));
    if (files.length === 0)
      this.problems.push({ path: "inventory", message: `the directory ${given} has no .yaml file`, where });
    return files.sort().map((name) => join(given, name));
  }

  #read(given: string, key: string, where: string | undefined) {
    const found = readText(given, this.#directory);
    if ("problem" in found) {
      this.problems.push({ path: key, message: found.problem, where });
      return undefined;
    }
    const file = parseYaml(found.text, given);
    this.problems.push(...file.problems);
    return file.problems.length > 0 ? undefined : file;
  }

  #paths(value: unknown, key: string, example: string, at: (key: string) => string | undefined): string[] {
    if (value === undefined || value === null) return [];
    const all: unknown[] = Array.isArray(value) ? value : [value];
    if (all.every((one) => typeof one === "string" && one !== ""))
      return (all as string[]).map((one) => normalize(one));
    const message = `must be the path of a file, or a list of them, as in ${example}`;
    this.problems.push({ path: key, message, where: at(key) });
    return [];
  }
}
