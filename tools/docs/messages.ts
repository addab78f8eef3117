import ts from "typescript";

/** A message of the product: its lines, such as the problem and its cure. `{name}` stands for a value that is filled in. */
export type Message = readonly string[];

/** Calls whose texts are help, which is not a message. */
const help = ["option", "positional", "command", "example", "usage"];
/** Fields whose texts are help, or are written into units. */
const noMessages = ["Description", "describe", "description", "title"];

/** The messages in a source file of TypeScript, in their order. */
export function messagesOfCode(text: string): Message[] {
  const found: Message[] = [];
  const joined = new Set<ts.Node>();
  const visit = (node: ts.Node): void => {
    if (isSilent(node)) return;
    if (isHelp(node)) {
      visit(node.expression);
      for (const argument of node.arguments.filter(ts.isArrowFunction)) visit(argument);
      return;
    }
    const parts = partsOfOne(node).filter((part) => !joined.has(part) && isMessage(textOf(part)));
    for (const part of parts) joined.add(part);
    const message = parts.map(textOf);
    if (isText(node) && !joined.has(node)) message.push(...messageOfText(textOf(node)));
    const lines = message.flatMap((part) => part.split("\n")).map((line) => line.trim());
    if (lines.length > 0) found.push(lines.filter((line) => line !== ""));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("source.ts", text, ts.ScriptTarget.Latest, true));
  return found;
}

/** The messages in a shell script: the texts of `echo` and of a variable "problem". */
export function messagesOfShell(text: string): Message[] {
  return [...text.matchAll(/(?:\becho |\bproblem=)(?:"((?:\$\([^()]*\)|[^"\\]|\\.)*)"|'([^']*)')/g)]
    .map(([, double = "", single = ""]) => double || single)
    .map((said) =>
      said
        .replace(/\$\((?:[^()]|\([^()]*\))*\)/g, "{…}")
        .replace(
          /\$\{(\w+)[^}]*\}|\$(\w+)/g,
          (_, braced?: string, plain?: string) => `{${braced ?? plain ?? ""}}`,
        )
        .replace(/\\(["`$\\])/g, "$1"),
    )
    .filter(isMessage)
    .map((said) => [said]);
}

/** The message in a text. In a shell script within TypeScript, these are the texts of its `echo`. */
function messageOfText(text: string): string[] {
  if (isMessage(text)) return [text];
  return text.includes("echo ") ? messagesOfShell(text).flat() : [];
}

type Text = ts.StringLiteral | ts.NoSubstitutionTemplateLiteral | ts.TemplateExpression;

function isText(node: ts.Node): node is Text {
  return (
    ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateExpression(node)
  );
}

function isSilent(node: ts.Node): boolean {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeNode(node)) return true;
  if (ts.isPropertyAssignment(node)) return noMessages.includes(node.name.getText());
  const [name] = ts.isArrayLiteralExpression(node) ? node.elements : [];
  return name !== undefined && ts.isStringLiteral(name) && noMessages.includes(name.text);
}

function isHelp(node: ts.Node): node is ts.CallExpression {
  return (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    help.includes(node.expression.name.text)
  );
}

/** The texts that are shown together: those of a call, or a problem with its cure. */
function partsOfOne(node: ts.Node): Text[] {
  if (ts.isNewExpression(node)) return (node.arguments ?? []).flatMap(partsOf);
  if (ts.isCallExpression(node)) return node.arguments.flatMap(partsOf);
  if (ts.isArrayLiteralExpression(node) && node.elements.length === 2) return partsOf(node);
  const hasCure =
    ts.isObjectLiteralExpression(node) && node.properties.some(({ name }) => name?.getText() === "cure");
  return hasCure ? partsOf(node) : [];
}

function partsOf(node: ts.Node): Text[] {
  if (isText(node)) return [node];
  if (isSilent(node)) return [];
  if (ts.isPropertyAssignment(node)) return partsOf(node.initializer);
  if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].flatMap(partsOf);
  const isMore =
    ts.isObjectLiteralExpression(node) ||
    ts.isArrayLiteralExpression(node) ||
    ts.isParenthesizedExpression(node) ||
    ts.isSpreadElement(node) ||
    ts.isBinaryExpression(node);
  return isMore
    ? node
        .getChildren()
        .flatMap((child) => (child.kind === ts.SyntaxKind.SyntaxList ? child.getChildren() : child))
        .flatMap(partsOf)
    : [];
}

function textOf(node: Text): string {
  if (!ts.isTemplateExpression(node)) return node.text;
  return node.templateSpans.reduce(
    (text, { expression, literal }) => `${text}{${nameOf(expression)}}${literal.text}`,
    node.head.text,
  );
}

/** The last name in `name`, `this.#name`, `it.name` and `printable(name)`; "…" for any other expression. */
function nameOf(node: ts.Expression): string {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node)) return node.name.text.replace("#", "");
  const only = ts.isCallExpression(node) && node.arguments.length === 1 ? node.arguments[0] : undefined;
  return only && !ts.isStringLiteral(only) ? nameOf(only) : "…";
}

/** Whether a text is prose: some words in a row, and not a line of a script, a unit or nginx. */
function isMessage(text: string): boolean {
  const words = text.match(/(?<![\w/.$%-])(?:[A-Za-z][A-Za-z']+|a|\{[^}]*\})(?![\w/=-])/g) ?? [];
  return (
    words.length >= 3 &&
    /[a-z'}] [a-z{]/.test(text) &&
    /[a-z]{2}/.test(text.replaceAll(/\{[^}]*\}/g, "")) &&
    !machineTexts.some((form) => form.test(text))
  );
}

/** Paths, options, patterns, templates, and lines of units, scripts and nginx. */
const machineTexts = [
  /^[/$%#~@^[]|^\(\?|^\n|^<!--|^ {2}/,
  /^(?!.* is |.*: )-/,
  /^[a-z]+ -\w+ -|(?<!")%[thNL]\b|\$[({0-9]|\| ---/,
  /^(location|upstream|prepare) |\.service$|^(?!.*\. ).* && /,
  /; (do|then|exit)|\bexit\b.*;|;\n|;$/,
];
