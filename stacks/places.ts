import { type ArgumentProblem, pathText } from "../components/arguments/problems.ts";
import type { Layer } from "./layers.ts";
import { hasAt, isMap } from "./merge.ts";

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

  /** Adds to each problem where its value is written, or else the value around it. */
  locate(problems: readonly ArgumentProblem[]): ArgumentProblem[] {
    return problems.map((problem) => {
      const path = this.#longestWithin(problem.path);
      return path === undefined || problem.where !== undefined
        ? problem
        : { ...problem, where: this.at(path) };
    });
  }

  /** Problems with texts that no upper file replaces. */
  textProblems(): ArgumentProblem[] {
    return this.#layers.flatMap((layer) =>
      layer.problems.flatMap(({ at, ...problem }) =>
        uppermost(at, this.#layers) === layer ? [{ ...problem, where: layer.at(at) }] : [],
      ),
    );
  }

  /** A message that an upper file repeats a value of a file below it. */
  repetition(path: readonly PropertyKey[], layer: Layer): string {
    const below = this.#layers.slice(0, this.#layers.indexOf(layer));
    return `${pathText(path)} at ${layer.at(path) ?? "?"} repeats ${this.at(path, below) ?? "?"}`;
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
