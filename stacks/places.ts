import { type ArgumentProblem, pathText } from "../components/arguments/problems.ts";
import type { Layer } from "./layers.ts";
import { hasAt, isMap, valueAt } from "./merge.ts";

/** Where the values of several files are written. Each file overrides those below it. */
export class Places {
  readonly #layers: readonly Layer[];
  /** The paths of all values, by the paths' texts. */
  #paths: Map<string, readonly PropertyKey[]> | undefined;

  /** @param layers the lowest first */
  constructor(layers: readonly Layer[]) {
    this.#layers = layers;
  }

  /** Where a value is written: in the uppermost file that has it. */
  at(path: readonly PropertyKey[], layers = this.#layers): string | undefined {
    return uppermost(path, layers)?.at(path);
  }

  /** Adds to each problem where its value is written, or else the value around it, and the file that has the text. */
  locate(problems: readonly ArgumentProblem[]): ArgumentProblem[] {
    return problems.map((problem) => {
      const path = this.#longestWithin(problem.path);
      if (path === undefined || problem.where !== undefined) return problem;
      return { ...problem, where: this.#files(path, problem) ?? this.at(path) };
    });
  }

  /** Problems with texts that no upper file replaces. */
  textProblems(): ArgumentProblem[] {
    return this.#layers.flatMap((layer) =>
      layer.problems.flatMap(({ at, ...problem }) =>
        this.#isReplaced(at, layer) ? [] : [{ ...problem, where: layer.at(at) }],
      ),
    );
  }

  /** A message that an upper file repeats a value of a file below it. */
  repetition(path: readonly PropertyKey[], layer: Layer): string {
    const below = this.#layers.slice(0, this.#layers.indexOf(layer));
    return `${pathText(path)} at ${layer.at(path) ?? "?"} repeats ${this.at(path, below) ?? "?"}`;
  }

  /**
   * The files that a problem is about: `stacks/base.yaml:8:14, where default.conf is the file nginx/www.conf`. Undefined if it is not about
   * a text from a file.
   */
  #files(path: readonly PropertyKey[], { path: text, message }: ArgumentProblem): string | undefined {
    if (pathText(path) !== text) return undefined;
    const below = new Set(this.#layers.flatMap(({ value }) => keysOf(valueAt(value, path))));
    const words = message.split(/[\s("]+/);
    const named = [...below].filter((key) => words.some((word) => word.startsWith(`${key}:`)));
    const meant = named.length === 0 && below.size === 1 ? [...below] : named;
    const paths = [path, ...meant.map((key) => [...path, key])].map(pathText);
    const found = this.#layers.flatMap((layer) =>
      layer.files
        .filter(({ at }) => paths.includes(pathText(at)) && !this.#isReplaced(at, layer))
        .map(({ at, file }) => fileAt(layer.at(at), at, file)),
    );
    return found.length === 0 ? undefined : found.join(", and ");
  }

  /** Whether a file above replaces or removes a value of this one. */
  #isReplaced(path: readonly PropertyKey[], layer: Layer): boolean {
    const above = this.#layers.slice(this.#layers.indexOf(layer) + 1);
    return above.some(({ value }) => hasAt(value, path) || isCut(value, path));
  }

  /** The longest known path that is this path, or its beginning. */
  #longestWithin(text: string): readonly PropertyKey[] | undefined {
    this.#paths ??= new Map(
      this.#layers.flatMap(({ value }) => pathsIn(value).map((path) => [pathText(path), path] as const)),
    );
    const known = [...this.#paths.keys()].filter((one) => isWithin(text, one));
    const longest = known.reduce((found, one) => (one.length > found.length ? one : found), "");
    return this.#paths.get(longest);
  }
}

/** Whether a path is the same as another one, or is below it. Both are texts. */
export function isWithin(path: string, above: string): boolean {
  return path === above || (path.startsWith(above) && [".", "["].includes(path.charAt(above.length)));
}

function fileAt(place: string | undefined, path: readonly PropertyKey[], file: string): string {
  return place === undefined ? file : `${place}, where ${String(path.at(-1))} is the file ${file}`;
}

/** Whether something other than a map is on the way to a path. */
function isCut(value: unknown, path: readonly PropertyKey[]): boolean {
  const ways = path.map((_, index) => path.slice(0, index));
  return ways.some((way) => hasAt(value, way) && !isMap(valueAt(value, way)));
}

function keysOf(value: unknown): string[] {
  return isMap(value) ? Object.keys(value) : [];
}

function uppermost(path: readonly PropertyKey[], layers: readonly Layer[]): Layer | undefined {
  return layers.findLast(({ value }) => hasAt(value, path));
}

function pathsIn(value: unknown, path: readonly PropertyKey[] = []): (readonly PropertyKey[])[] {
  const inner: [PropertyKey, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : isMap(value)
      ? Object.entries(value)
      : [];
  return inner.flatMap(([key, one]) => [[...path, key], ...pathsIn(one, [...path, key])]);
}
