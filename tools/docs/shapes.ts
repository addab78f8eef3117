import ts from "typescript";
import { type Docstring, parseDocstring } from "./docstring.ts";
import {
  type Declaration,
  type Declarations,
  type ShapeReference,
  outputIn,
  referencesIn,
  typeText,
} from "./type-nodes.ts";

/** A field of a shape. */
export interface Member {
  name: string;
  /** Equal for fields of two shapes that have the same name, type and docstring. */
  id: string;
  optional: boolean;
  /** Its type for people: without `Input<…>`. */
  type: string;
  /** Whether its value, or each value in it, may be an Output. */
  output?: "itself" | "each";
  doc: Docstring;
  shapes: ShapeReference[];
}

/** An interface, a class with its fields, or another name for a type. */
export interface Shape {
  name: string;
  doc: Docstring;
  members: Member[];
  /** The shapes that a type alias stands for. */
  alternatives: ShapeReference[];
}

/**
 * The documented shapes of source files, by name, as the TypeScript checker sees them: the fields of an interface may come from
 * other interfaces and from `z.input<typeof schema>`, and each keeps the docstring of the place where it is declared.
 */
export function readShapes(program: ts.Program, files: readonly string[]): Map<string, Shape> {
  const declarations = new Map<string, Declaration>();
  for (const file of files) {
    const source = program.getSourceFile(file);
    if (!source) throw new Error(`there is no ${file}`);
    for (const statement of source.statements)
      if (isDeclaration(statement) && statement.name) declarations.set(statement.name.text, statement);
  }
  const checker = program.getTypeChecker();
  return new Map(
    [...declarations].map(([name, declaration]) => [
      name,
      {
        name,
        doc: docOf(declaration),
        members: membersOf(declaration, declarations, checker),
        alternatives: ts.isTypeAliasDeclaration(declaration)
          ? referencesIn(declaration.type, declarations)
          : [],
      },
    ]),
  );
}

/**
 * The files with all that they import, understood as `tsconfig.json` says.
 *
 * @param more files that are not on the disk: path → text
 */
export function readProgram(
  root: string,
  files: readonly string[],
  more: ReadonlyMap<string, string> = new Map(),
): ts.Program {
  const { config } = ts.readConfigFile(`${root}/tsconfig.json`, (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const host = ts.createCompilerHost(options);
  const onDisk = host.getSourceFile.bind(host);
  host.getSourceFile = (path, version, ...rest) => {
    const text = more.get(path);
    return text === undefined ? onDisk(path, version, ...rest) : ts.createSourceFile(path, text, version);
  };
  return ts.createProgram([...files, ...more.keys()], options, host);
}

function isDeclaration(node: ts.Node): node is Declaration {
  return ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isClassDeclaration(node);
}

function membersOf(declaration: Declaration, declarations: Declarations, checker: ts.TypeChecker): Member[] {
  if (ts.isTypeAliasDeclaration(declaration)) return [];
  const places = [declaration, ...schemasOf(declaration, checker)];
  const isOwn = ({ node }: Field) => places.some((place) => isWithin(node, place));
  const fields = checker
    .getPropertiesOfType(checker.getTypeAtLocation(declaration))
    .flatMap((symbol): Field[] => {
      const node = symbol.declarations?.find(isField);
      return node ? [{ symbol, node }] : [];
    })
    .sort((a, b) => inOrder(a.node, b.node));
  const own = fields.filter(isOwn);
  // The fields that a class inherits are Pulumi's.
  const all = ts.isClassDeclaration(declaration) ? own : [...own, ...fields.filter((one) => !isOwn(one))];
  return all.map(({ symbol, node }) => {
    const type = typeOf(node, symbol, checker);
    const output = outputIn(type);
    const doc = docOf(node);
    return {
      name: symbol.name,
      id: JSON.stringify([symbol.name, typeText(type), output, doc]),
      optional: (symbol.flags & ts.SymbolFlags.Optional) !== 0,
      type: typeText(type),
      ...(output === undefined ? {} : { output }),
      doc,
      shapes: referencesIn(type, declarations),
    };
  });
}

/** The declaration of a field: a line of an interface or a class, or one of a schema. */
type FieldNode = ts.PropertySignature | ts.PropertyDeclaration | ts.PropertyAssignment;
interface Field {
  symbol: ts.Symbol;
  node: FieldNode;
}

function isField(node: ts.Node): node is FieldNode {
  return ts.isPropertySignature(node) || ts.isPropertyDeclaration(node) || ts.isPropertyAssignment(node);
}

/** The declarations of the schemas that an interface extends: `z.input<typeof schema>`. */
function schemasOf(declaration: ts.InterfaceDeclaration | ts.ClassDeclaration, checker: ts.TypeChecker) {
  const schemas: ts.Node[] = [];
  const visit = (node: ts.Node) => {
    const schema = ts.isTypeQueryNode(node) ? checker.getSymbolAtLocation(node.exprName) : undefined;
    if (schema?.valueDeclaration) schemas.push(schema.valueDeclaration);
    ts.forEachChild(node, visit);
  };
  declaration.heritageClauses?.forEach(visit);
  return schemas;
}

function isWithin(node: ts.Node, place: ts.Node): boolean {
  return node.getSourceFile() === place.getSourceFile() && node.pos >= place.pos && node.end <= place.end;
}

/** The order in the source. The checker puts required fields before optional ones. */
function inOrder(a: ts.Node, b: ts.Node): number {
  const files = a.getSourceFile().fileName.localeCompare(b.getSourceFile().fileName);
  return files === 0 ? a.pos - b.pos : files;
}

/** The type as the source writes it or, for a field of a schema, as the checker finds it. */
function typeOf(node: FieldNode, symbol: ts.Symbol, checker: ts.TypeChecker): ts.TypeNode {
  if (!ts.isPropertyAssignment(node) && node.type) return node.type;
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(symbol));
  const { NoTruncation, UseAliasDefinedOutsideCurrentScope } = ts.NodeBuilderFlags;
  const made = checker.typeToTypeNode(type, undefined, NoTruncation | UseAliasDefinedOutsideCurrentScope);
  if (!made) throw new Error(`${symbol.name} has no type: ${node.getText()}`);
  return ts.isUnionTypeNode(made) ? asWritten(made, node.getText()) : made;
}

/** Puts the alternatives of a union into the order of the source. The checker has its own order. */
function asWritten({ types }: ts.UnionTypeNode, text: string): ts.TypeNode {
  const position = (type: ts.TypeNode) => {
    const index = text.indexOf(typeText(type));
    return index === -1 ? text.length : index;
  };
  return ts.factory.createUnionTypeNode([...types].sort((a, b) => position(a) - position(b)));
}

function docOf(node: ts.Node): Docstring {
  const comment = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1);
  return parseDocstring(comment?.getText() ?? "");
}
