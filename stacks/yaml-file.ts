import { type Document, LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { ArgumentProblem } from "../components/arguments/problems.ts";

/** What a YAML file has, and where. */
export interface YamlFile {
  readonly content: unknown;
  /** What makes it unreadable. The content is empty then. */
  readonly problems: readonly ArgumentProblem[];
  /** Where a value is written, "stacks/base.yaml:12:5". Undefined if the file does not have it. */
  readonly at: (path: readonly PropertyKey[]) => string | undefined;
}

/** @param name of the file, as errors call it */
export function parseYaml(text: string, name: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  // The others follow from the first.
  const problems = document.errors.slice(0, 1).map(({ message, pos }) => ({
    path: name,
    message: `is not YAML: ${message}`,
    where: place(pos[0]),
  }));
  return {
    content: problems.length > 0 ? undefined : document.toJS(),
    problems,
    at: (path) => {
      const offset = offsetOf(document, path);
      return offset === undefined ? undefined : place(offset);
    },
  };
}

/** Of the key in a map, or of the entry in a list. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = document.contents;
  let range: readonly number[] | null | undefined;
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key: one }) => isScalar(one) && String(one.value) === String(key));
      if (!pair) return undefined;
      range = isScalar(pair.key) ? pair.key.range : undefined;
      node = pair.value;
    } else if (isSeq(node) && typeof key === "number") {
      node = node.items[key];
      range = (node as { range?: readonly number[] } | undefined)?.range;
    } else return undefined;
  }
  return range?.[0];
}
