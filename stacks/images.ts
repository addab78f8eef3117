import { type Document, isMap, isScalar, parseDocument } from "yaml";
import { pathText } from "../components/arguments/problems.ts";
import { prefix } from "./secrets.ts";

/** Why an image can't be written into a stack file. */
export interface Unwritable {
  readonly path: string;
  readonly why: string;
}

/**
 * A stack file with other images. Only the texts of the images change: everything else stays byte for byte. Pure.
 *
 * @param text of the stack file
 * @param images path ("sites.www.image") → image
 */
export function withImages(
  text: string,
  images: ReadonlyMap<string, string>,
): { text: string } | { problems: Unwritable[] } {
  const document = parseDocument(text, { merge: true });
  const places = placesOf(document);
  const problems: Unwritable[] = [];
  const edits: { from: number; to: number; by: string }[] = [];
  for (const [path, image] of images) {
    const place = places.get(path);
    if (place === undefined) problems.push({ path, why: "is not set there" });
    else if (typeof place === "string") problems.push({ path, why: place });
    else edits.push({ ...place, by: JSON.stringify(image) });
  }
  if (problems.length > 0) return { problems };
  // The last edit first, so that the places of the others stay valid.
  edits.sort((one, other) => other.from - one.from);
  return {
    text: edits.reduce((all, { from, to, by }) => {
      const isQuoted = /^["']/.test(all.slice(from, to));
      return all.slice(0, from) + (isQuoted ? by : plain(by)) + all.slice(to);
    }, text),
  };
}

/** The text of an image needs no quotes, except for a registry with an IPv6 address. */
function plain(quoted: string): string {
  return /^"[\w./:@+-]+"$/.test(quoted) ? quoted.slice(1, -1) : quoted;
}

type Place = { from: number; to: number } | string;

/** Where the images are in the stack file: path → the place of the text, or why it can't be replaced. */
function placesOf(document: Document.Parsed): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  for (const key of ["sites", "proxies"])
    collect(document.getIn(["config", `${prefix}${key}`], true), [key], places);
  return places;
}

function collect(node: unknown, path: readonly string[], places: Map<string, Place>): void {
  if (!isMap(node)) return;
  for (const { key, value } of node.items) {
    if (!isScalar(key)) continue;
    const inner = [...path, String(key.value)];
    if (inner.at(-1) === "image") places.set(pathText(inner), placeOf(value));
    else collect(value, inner, places);
  }
}

function placeOf(value: unknown): Place {
  if (!isScalar(value) || typeof value.value !== "string" || !value.range)
    return "is not written there as text: it is an alias, or comes from another file";
  if (value.anchor !== undefined)
    return `has the anchor "&${value.anchor}", so other values would change too`;
  if (value.type === "BLOCK_LITERAL" || value.type === "BLOCK_FOLDED")
    return "is text of several lines there";
  return { from: value.range[0], to: value.range[1] };
}
