import ts from "typescript";

/** A shape inside a type, and the path from the field to it: "" for itself, ".*" in a record, "[]" in a list. */
export interface ShapeReference {
  name: string;
  below: string;
  /** Whether its values may be Outputs: `{ [K in keyof X]: … }`. */
  outputs: boolean;
}

/** The documented declarations by their names. */
export type Declarations = ReadonlyMap<string, Declaration>;
export type Declaration = ts.InterfaceDeclaration | ts.TypeAliasDeclaration | ts.ClassDeclaration;

/** `T` of `Input<T>`, `X` of `{ [K in keyof X]: … }`; else undefined. */
function within(node: ts.TypeNode): ts.TypeNode | undefined {
  if (ts.isTypeReferenceNode(node) && ["Input", "Output"].includes(nameOf(node)))
    return node.typeArguments?.[0];
  const of = ts.isMappedTypeNode(node) ? node.typeParameter.constraint : undefined;
  return of && ts.isTypeOperatorNode(of) ? of.type : undefined;
}

/** Whether it is `Input<T>`, or a record of them. */
export function outputIn(node: ts.TypeNode): "itself" | "each" | undefined {
  if (!ts.isTypeReferenceNode(node)) return undefined;
  if (nameOf(node) === "Input") return "itself";
  const value = recordValue(node);
  return value && outputIn(value) === "itself" ? "each" : undefined;
}

/** A type for people: without `Input<…>`. */
export function typeText(node: ts.TypeNode): string {
  const inner = within(node);
  if (inner) return typeText(inner);
  if (ts.isArrayTypeNode(node)) return `${typeText(node.elementType)}[]`;
  if (ts.isUnionTypeNode(node)) return node.types.map(typeText).join(" | ");
  if (ts.isTypeReferenceNode(node) && node.typeArguments)
    return `${nameOf(node)}<${node.typeArguments.map(typeText).join(", ")}>`;
  return print(node);
}

export function referencesIn(node: ts.TypeNode, declarations: Declarations, below = ""): ShapeReference[] {
  const inner = within(node);
  if (inner) {
    const references = referencesIn(inner, declarations, below);
    return ts.isMappedTypeNode(node) ? references.map((one) => ({ ...one, outputs: true })) : references;
  }
  if (ts.isArrayTypeNode(node)) return referencesIn(node.elementType, declarations, `${below}[]`);
  if (ts.isUnionTypeNode(node)) return node.types.flatMap((type) => referencesIn(type, declarations, below));
  if (!ts.isTypeReferenceNode(node)) return [];
  const value = recordValue(node);
  if (value) return referencesIn(value, declarations, `${below}.*`);
  const name = nameOf(node);
  return declarations.has(name) ? [{ name, below, outputs: false }] : [];
}

function recordValue(node: ts.TypeReferenceNode): ts.TypeNode | undefined {
  return nameOf(node) === "Record" ? node.typeArguments?.[1] : undefined;
}

function nameOf(node: ts.TypeReferenceNode): string {
  return ts.isIdentifier(node.typeName) ? node.typeName.text : node.typeName.right.text;
}

const printer = ts.createPrinter({ removeComments: true });
const nowhere = ts.createSourceFile("", "", ts.ScriptTarget.Latest);

/** Prints a node, also one that the checker has made and that is in no file. */
function print(node: ts.Node): string {
  return printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile() ?? nowhere);
}
