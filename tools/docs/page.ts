import { Document, isCollection, isPair, parse, visit } from "yaml";
import { type Resolve, anchor, firstSentence, prose, source, value } from "./prose.ts";
import type { Shape } from "./shapes.ts";
import { type Argument, flatten } from "./tree.ts";

/** What a page is made of. */
export interface PageParts {
  /** The component's class. */
  component: Shape;
  tree: readonly Argument[];
  /** How it is written in a stack file and in TypeScript. */
  notation: string;
  /** Files that show it, by their path from the page. */
  examples: readonly { path: string; text: string }[];
}

/** A page of Markdown, before it is formatted. */
export function renderPage({ component, tree, notation, examples }: PageParts): string {
  const resolve = resolver(tree);
  const { doc, members } = component;
  return [
    "<!-- Made by `make docs` of docstrings and examples: change those. -->",
    `# ${component.name}`,
    prose(doc.text, resolve),
    ...(doc.throws === undefined ? [] : [`**Errors**: ${prose(doc.throws, resolve)}`]),
    `Source: ${doc.sources.map(source).join(", ")}`,
    "## How to write it",
    notation,
    "## Arguments",
    overview(tree, resolve),
    ...tree.flatMap((argument) => section(argument, 3, resolve)),
    "## Outputs",
    members.map((member) => `- \`${member.name}\`: ${prose(member.doc.text, resolve)}`).join("\n"),
    "## Examples",
    ...examples.flatMap(({ path, text }) => [
      `[${path.replace(/^\.\.\//, "")}](${path}):`,
      `\`\`\`yaml\n${text.trimEnd()}\n\`\`\``,
    ]),
  ].join("\n\n");
}

/** Finds the argument that a docstring names: "healthCheck", or with its shape "Backend.transport". */
function resolver(tree: readonly Argument[]): Resolve {
  const all = flatten(tree);
  const found = new Map<string, string>();
  for (const { path, member, shapes } of [...all].reverse()) {
    found.set(member.name, path);
    for (const { shape } of shapes) found.set(shape.name, path);
  }
  for (const { path, as, shapes } of all) {
    if (as === undefined) found.set(path, path);
    for (const { shape, arguments: inner } of shapes)
      for (const one of inner) found.set(`${shape.name}.${one.member.name}`, one.as ?? one.path);
  }
  return (name) => {
    const path = found.get(name);
    return path === undefined ? undefined : { text: path, anchor: anchor(path) };
  };
}

function overview(tree: readonly Argument[], resolve: Resolve): string {
  const rows = tree.map(({ path, member: { optional, doc } }) => {
    const cells = [
      `[\`${path}\`](${anchor(path)})`,
      prose(firstSentence(doc.text), resolve),
      optional ? value(doc.default ?? "", resolve) : "**required**",
    ];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  return ["| argument | meaning | default |", "| --- | --- | --- |", ...rows].join("\n");
}

function section(argument: Argument, level: number, page: Resolve): string[] {
  const { path, member, shapes, output } = argument;
  const { doc, optional, type } = member;
  const inner = shapes.flatMap((shape) => shape.arguments);
  // If a sibling of the argument has this name, the sibling is meant, and not another argument of the page.
  const above = path.slice(0, path.length - member.name.length);
  const resolve: Resolve = (name) => page(`${above}${name}`) ?? page(name);
  const sources = [...doc.sources, ...shapes.flatMap(({ shape }) => shape.doc.sources)];
  const facts = [
    `Type: \`${type}\`${optional ? "" : ", **required**"}`,
    ...(optional ? [`Default: ${value(doc.default ?? "", resolve)}`] : []),
    ...(doc.range === undefined ? [] : [`Range: ${value(doc.range, resolve)}`]),
    ...(output === undefined
      ? []
      : [`${output === "each" ? "Each value in it may" : "May"} be a secret or an Output`]),
    ...(sources.length === 0 ? [] : [`Source: ${[...new Set(sources)].map(source).join(", ")}`]),
  ];
  return [
    `${"#".repeat(level)} \`${path}\``,
    prose(doc.text, resolve),
    ...aboutShapes(argument, page),
    facts.map((fact) => `- ${fact}`).join("\n"),
    ...doc.examples.map((example) => `\`\`\`yaml\n${asYaml(member.name, example)}\`\`\``),
    ...repeated(inner),
    ...inner
      .filter(({ as }) => as === undefined)
      .flatMap((one) => section(one, Math.min(level + 1, 6), page)),
  ];
}

/** Writes an example as in a stack file: a collection that holds only plain values is on one line. */
function asYaml(name: string, example: string): string {
  const document = new Document({ [name]: parse(example) as unknown });
  visit(document, {
    // Some readers of YAML 1.1 take a text that begins like this for a number.
    Scalar(_, node) {
      if (typeof node.value === "string" && /^[\d.]+:\d/.test(node.value)) node.type = "QUOTE_DOUBLE";
    },
    Collection(_, node) {
      const isLeaf = !node.items.some((item) => isCollection(isPair(item) ? item.value : item));
      const text = JSON.stringify(node);
      if (isLeaf && node !== document.contents && !text.includes("\\n") && text.length < 100)
        node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** The docstrings of the argument's shapes, with the names of the shapes if there is a choice. */
function aboutShapes({ shapes }: Argument, resolve: Resolve): string[] {
  const isChoice = shapes.filter((shape) => shape.arguments.length > 0).length > 1;
  return shapes
    .filter(({ shape }) => shape.doc.text !== "")
    .map(({ shape: { name, doc, alternatives } }) => {
      const text = prose(doc.text, resolve);
      return isChoice && alternatives.length === 0 ? `\`${name}\`: ${text}` : text;
    });
}

/** References to the arguments that are documented elsewhere. */
function repeated(inner: readonly Argument[]): string[] {
  const lines = inner.flatMap(({ path, as }) =>
    as === undefined ? [] : [`\`${path}\`: as [\`${as}\`](${anchor(as)})`],
  );
  return lines.length === 0 ? [] : [lines.map((line) => `- ${line}`).join("\n")];
}
