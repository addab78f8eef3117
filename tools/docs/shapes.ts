import { readFileSync } from "node:fs";
import ts from "typescript";
import { type Docstring, parseDocstring } from "./docstring.ts";

/** A field of an interface. */
export interface Member {
  name: string;
  /** Where it is declared: "Credentials.hostKey". */
  id: string;
  optional: boolean;
  /** Its type for people: without `Input<…>`. */
  type: string;
  /** Whether its value, or each value in it, may be an Output. */
  output?: "itself" | "each";
  doc: Docstring;
  shapes: ShapeReference[];
}

/** A shape inside a type, and the path from the field to it: "" for itself, ".*" in a record, "[]" in a list. */
export interface ShapeReference {
  name: string;
  below: string;
  /** Whether its values may be Outputs: `{ [K in keyof X]: … }`. */
  outputs: boolean;
}

/** An interface, a class with its fields, or another name for a type. */
export interface Shape {
  name: string;
  doc: Docstring;
  members: Member[];
  /** What a type alias stands for. */
  alternatives: ShapeReference[];
}

/**
 * The documented shapes of source files, by name. Nothing is run or type-checked: declarations are read as they stand.
 *
 * @param more declarations that are in no file
 */
export function readShapes(files: readonly string[], more = ""): Map<string, Shape> {
  const declarations = new Map<string, Declaration>();
  for (const text of [...files.map((file) => readFileSync(file, "utf8")), more]) {
    const source = ts.createSourceFile("declarations.ts", text, ts.ScriptTarget.Latest, true);
    for (const statement of source.statements)
      if (isDeclaration(statement) && statement.name) declarations.set(statement.name.text, statement);
  }
  return new Map(
    [...declarations].map(([name, declaration]) => [name, shapeOf(name, declaration, declarations)]),
  );
}

type Declaration = ts.InterfaceDeclaration | ts.TypeAliasDeclaration | ts.ClassDeclaration;
type Declarations = ReadonlyMap<string, Declaration>;

function isDeclaration(node: ts.Node): node is Declaration {
  return ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isClassDeclaration(node);
}

function shapeOf(name: string, declaration: Declaration, declarations: Declarations): Shape {
  return {
    name,
    doc: docOf(declaration),
    members: ts.isTypeAliasDeclaration(declaration) ? [] : membersOf(declaration, declarations),
    alternatives: ts.isTypeAliasDeclaration(declaration) ? referencesIn(declaration.type, declarations) : [],
  };
}

/** Its own ones first, then those that it inherits. */
function membersOf(
  declaration: ts.InterfaceDeclaration | ts.ClassDeclaration,
  declarations: Declarations,
): Member[] {
  const members: Member[] = [];
  for (const member of declaration.members) {
    if (!(ts.isPropertySignature(member) || ts.isPropertyDeclaration(member)) || !member.type) continue;
    const name = member.name.getText();
    const output = outputIn(member.type);
    members.push({
      name,
      id: `${declaration.name?.text}.${name}`,
      optional: member.questionToken !== undefined,
      type: typeText(member.type),
      ...(output === undefined ? {} : { output }),
      doc: docOf(member),
      shapes: referencesIn(member.type, declarations),
    });
  }
  if (ts.isClassDeclaration(declaration)) return members;
  const inherited = (declaration.heritageClauses ?? []).flatMap(({ types }) =>
    types.flatMap((type) => baseMembers(type, declarations)),
  );
  return [...members, ...inherited.filter(({ name }) => !members.some((own) => own.name === name))];
}

/** Of `Base` or `Omit<Base, "a" | "b">`. */
function baseMembers(type: ts.ExpressionWithTypeArguments, declarations: Declarations): Member[] {
  const isOmit = type.expression.getText() === "Omit";
  const [base, omitted] = type.typeArguments ?? [];
  const name = isOmit ? base?.getText() : type.expression.getText();
  const declaration = declarations.get(name ?? "");
  if (!declaration || ts.isTypeAliasDeclaration(declaration))
    throw new Error(`${type.getText()} is no interface of the documented files`);
  const without = isOmit ? (omitted?.getText() ?? "") : "";
  return membersOf(declaration, declarations).filter((member) => !without.includes(`"${member.name}"`));
}

function docOf(node: ts.Node): Docstring {
  const comment = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1);
  return parseDocstring(comment?.getText() ?? "");
}

/** `T` of `Input<T>`, `X` of `{ [K in keyof X]: … }`; else undefined. */
function within(node: ts.TypeNode): ts.TypeNode | undefined {
  if (ts.isTypeReferenceNode(node) && ["Input", "Output"].includes(node.typeName.getText()))
    return node.typeArguments?.[0];
  const of = ts.isMappedTypeNode(node) ? node.typeParameter.constraint : undefined;
  return of && ts.isTypeOperatorNode(of) ? of.type : undefined;
}

/** Of `Input<T>`, and of a record of them. */
function outputIn(node: ts.TypeNode): Member["output"] {
  if (!ts.isTypeReferenceNode(node)) return undefined;
  const name = node.typeName.getText();
  if (name === "Input") return "itself";
  const value = name === "Record" ? node.typeArguments?.[1] : undefined;
  return value && outputIn(value) === "itself" ? "each" : undefined;
}

function typeText(node: ts.TypeNode): string {
  const inner = within(node);
  if (inner) return typeText(inner);
  if (ts.isArrayTypeNode(node)) return `${typeText(node.elementType)}[]`;
  if (ts.isUnionTypeNode(node)) return node.types.map(typeText).join(" | ");
  if (ts.isTypeReferenceNode(node) && node.typeArguments)
    return `${node.typeName.getText()}<${node.typeArguments.map(typeText).join(", ")}>`;
  return node.getText();
}

function referencesIn(node: ts.TypeNode, declarations: Declarations, below = ""): ShapeReference[] {
  const inner = within(node);
  if (inner) {
    const references = referencesIn(inner, declarations, below);
    return ts.isMappedTypeNode(node) ? references.map((one) => ({ ...one, outputs: true })) : references;
  }
  if (ts.isArrayTypeNode(node)) return referencesIn(node.elementType, declarations, `${below}[]`);
  if (ts.isUnionTypeNode(node)) return node.types.flatMap((type) => referencesIn(type, declarations, below));
  if (!ts.isTypeReferenceNode(node)) return [];
  const name = node.typeName.getText();
  const value = node.typeArguments?.[1];
  if (name === "Record" && value) return referencesIn(value, declarations, `${below}.*`);
  return declarations.has(name) ? [{ name, below, outputs: false }] : [];
}
