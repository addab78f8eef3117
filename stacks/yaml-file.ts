import {
  type Document,
  LineCounter,
  type Pair,
  type YAMLMap,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  visit,
} from "yaml";
import type { ArgumentProblem } from "../components/arguments/problems.ts";

/** What a YAML file has, and where. */
export interface YamlFile {
  readonly content: unknown;
  /** Why it can't be read. The content is then empty. */
  readonly problems: readonly ArgumentProblem[];
  /** Where a value is written, "stacks/base.yaml:12:5". Undefined if the file does not have it. */
  readonly at: (path: readonly PropertyKey[]) => string | undefined;
  /** Whether a key has nothing behind it: not even "null". */
  readonly isBlank: (path: readonly PropertyKey[]) => boolean;
}

/** @param name the file's name in errors */
export function parseYaml(text: string, name: string): YamlFile {
  const lines = new LineCounter();
  // As the engine reads a stack file: "<<" copies the entries of another map.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const { content, wrong } = contentOf(document, text);
  return {
    content,
    problems: wrong ? [{ path: name, message: wrong.message, where: place(wrong.offset) }] : [],
    at: (path) => {
      const offset = nodeAt(document, path)?.offset;
      return offset === undefined ? undefined : place(offset);
    },
    isBlank: (path) => {
      const found = nodeAt(document, path);
      return found !== undefined && (!found.node || (isScalar(found.node) && found.node.source === ""));
    },
  };
}

function contentOf(
  document: Document.Parsed,
  text: string,
): {
  content?: unknown;
  wrong?: { message: string; offset: number };
} {
  // The other errors follow from the first.
  const [error] = document.errors;
  if (error) {
    const [offset] = error.pos;
    const [key = ""] = error.code === "DUPLICATE_KEY" ? (/^[^:\n]*/.exec(text.slice(offset)) ?? []) : [];
    const message = key === "" ? `is not YAML: ${error.message}` : `has the key ${key.trim()} twice`;
    return { wrong: { message, offset } };
  }
  try {
    // No limit: a file may use an anchor for each of its hosts.
    const content: unknown = document.toJS({ maxAliasCount: -1 });
    if (isCircular(content)) throw new RangeError();
    return { content };
  } catch (thrown) {
    let offset = 0;
    visit(document, {
      Alias: (_, node) => {
        offset = node.range?.[0] ?? 0;
        return visit.BREAK;
      },
    });
    const what = thrown instanceof RangeError ? "an anchor is part of itself" : (thrown as Error).message;
    return { wrong: { message: `can't be read: ${what}`, offset } };
  }
}

function isCircular(value: unknown, above: readonly unknown[] = []): boolean {
  if (typeof value !== "object" || value === null) return false;
  return above.includes(value) || Object.values(value).some((inner) => isCircular(inner, [...above, value]));
}

/** The value at a path and its place: that of the key in a map, or of the entry in a list. */
function nodeAt(
  document: Document,
  path: readonly PropertyKey[],
): { node: unknown; offset?: number } | undefined {
  let node: unknown = document.contents;
  let range: readonly number[] | null | undefined;
  for (const key of path) {
    node = resolved(document, node);
    if (isMap(node)) {
      const pair = pairIn(document, node, key);
      if (!pair) return undefined;
      range = isScalar(pair.key) ? pair.key.range : undefined;
      node = pair.value;
    } else if (isSeq(node) && typeof key === "number") {
      node = node.items[key];
      range = (node as { range?: readonly number[] } | undefined)?.range;
    } else return undefined;
  }
  return { node, ...(range?.[0] === undefined ? {} : { offset: range[0] }) };
}

function pairIn(document: Document, map: YAMLMap, key: PropertyKey): Pair | undefined {
  const keyOf = (pair: Pair) => (isScalar(pair.key) ? String(pair.key.value) : undefined);
  const own = map.items.find((pair) => keyOf(pair) === String(key));
  if (own) return own;
  for (const merged of map.items.filter(isMergeKey))
    for (const source of sourcesOf(document, merged.value)) {
      const found = pairIn(document, source, key);
      if (found) return found;
    }
  return undefined;
}

/** Compares the text, because the value is a symbol of the parser. */
function isMergeKey({ key }: Pair): boolean {
  return isScalar(key) && key.source === "<<";
}

function sourcesOf(document: Document, value: unknown): YAMLMap[] {
  const source = resolved(document, value);
  const all = isSeq(source) ? source.items.map((one) => resolved(document, one)) : [source];
  return all.filter((one) => isMap(one));
}

function resolved(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}
