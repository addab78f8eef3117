import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** The parts of a shape of the contract that only its source text has, and not its schema. */
export interface Declaration {
  /** The name of its type. */
  name: string;
  /** The name of its schema. */
  schema: string;
  /** Its docstring, from its slash-star-star to its end. */
  comment: string;
  /** The docstrings of its own fields, in their order. */
  comments: Map<string, string>;
  /** The names of the types whose fields it also has. */
  bases: string[];
}

/** The types of words, `export type Name = z.input<typeof schema>`: the name of the schema → the name of the type. */
export function readWordTypes(folder: string): Map<string, string> {
  const types = readStatements(folder).filter(ts.isTypeAliasDeclaration);
  return new Map(
    types.flatMap(({ name, type }) => {
      const schema = inputOf(type.getText());
      return schema === undefined ? [] : [[schema, name.text] as const];
    }),
  );
}

/** The declared shapes: `export interface Name extends z.input<typeof schema> {}` with `schema = z.strictObject({ … })`. No code is run. */
export function readDeclarations(folder: string): Declaration[] {
  const statements = readStatements(folder);
  const literals = new Map(
    statements.filter(ts.isVariableStatement).flatMap(({ declarationList }) =>
      declarationList.declarations.flatMap(({ name, initializer }) => {
        const literal =
          initializer && ts.isCallExpression(initializer) ? initializer.arguments[0] : undefined;
        return literal && ts.isObjectLiteralExpression(literal) ? [[name.getText(), literal] as const] : [];
      }),
    ),
  );
  const types = statements.filter(ts.isInterfaceDeclaration).flatMap((type) => {
    const base = type.members.length === 0 ? (type.heritageClauses?.[0]?.types[0]?.getText() ?? "") : "";
    const schema = inputOf(base);
    return schema !== undefined && literals.has(schema)
      ? [{ name: type.name.text, schema, comment: commentOf(type) }]
      : [];
  });
  const typeOf = new Map(types.map(({ name, schema }) => [schema, name]));

  const fieldsOf = (schema: string): Pick<Declaration, "comments" | "bases"> => {
    const comments = new Map<string, string>();
    const bases: string[] = [];
    for (const property of literals.get(schema)?.properties ?? []) {
      if (!ts.isSpreadAssignment(property)) {
        comments.set(property.name.getText(), commentOf(property));
        continue;
      }
      const spread = property.expression.getText().replace(/\.shape$/, "");
      const base = typeOf.get(spread);
      if (base !== undefined) bases.push(base);
      else {
        const inner = fieldsOf(spread);
        inner.comments.forEach((comment, name) => comments.set(name, comment));
        bases.push(...inner.bases);
      }
    }
    return { comments, bases };
  };
  return types.map((type) => ({ ...type, ...fieldsOf(type.schema) }));
}

function readStatements(folder: string): ts.Statement[] {
  return readdirSync(folder)
    .sort()
    .flatMap((file) => {
      const path = join(folder, file);
      return ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true).statements;
    });
}

/** The name of the schema in a type `z.input<typeof schema>`. */
function inputOf(type: string): string | undefined {
  return /^z\.input<typeof (\w+)>$/.exec(type)?.[1];
}

function commentOf(node: ts.Node): string {
  return ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1)?.getText() ?? "";
}
