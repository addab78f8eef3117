import type { Member, Shape } from "./shapes.ts";

/** An argument on a page, with those inside it. */
export interface Argument {
  /** "backends.*.port": "*" is any name, "[]" each of a list. */
  path: string;
  member: Member;
  /** The shapes that it may have. */
  shapes: { shape: Shape; arguments: Argument[] }[];
  /** The argument that is the same one, and documented before. */
  as?: string;
}

/** The arguments of a component. */
export function argumentTree(shapes: ReadonlyMap<string, Shape>, root: string): Argument[] {
  const documented = new Map<string, string>();
  const walk = (shape: Shape, above: string): Argument[] =>
    shape.members
      // Before those inside them: what two levels have is documented at the upper one.
      .map((member) => {
        const path = `${above}${member.name}`;
        const as = documented.get(member.id);
        if (as === undefined) documented.set(member.id, path);
        return { path, member, ...(as === undefined ? {} : { as }) };
      })
      .map((one) => ({ ...one, shapes: one.as === undefined ? inside(one.member.shapes, one.path) : [] }));
  const inside = (references: Member["shapes"], path: string): Argument["shapes"] =>
    references.flatMap(({ name, below }) => {
      const shape = find(shapes, name);
      const all = walk(shape, `${path}${below}.`);
      return [{ shape, arguments: all }, ...inside(shape.alternatives, `${path}${below}`)];
    });
  return walk(find(shapes, root), "");
}

function find(shapes: ReadonlyMap<string, Shape>, name: string): Shape {
  const shape = shapes.get(name);
  if (!shape) throw new Error(`${name} is declared in none of the documented files`);
  return shape;
}

/** All of a tree, each before those inside it. */
export function flatten(tree: readonly Argument[]): Argument[] {
  return tree.flatMap((argument) => [
    argument,
    ...argument.shapes.flatMap((shape) => flatten(shape.arguments)),
  ]);
}

/** What a docstring does not say and should, by the path of the argument. */
export function gaps(tree: readonly Argument[]): string[] {
  return flatten(tree)
    .filter(({ as }) => as === undefined)
    .flatMap(({ path, member: { doc, optional, type, shapes } }) => {
      const open = /string|number|Record|\[\]/.test(type.replaceAll(/"[^"]*"/g, "")) && shapes.length === 0;
      return [
        ...(doc.text === "" ? ["meaning"] : []),
        ...(optional && doc.default === undefined ? ["@default"] : []),
        ...(open && doc.range === undefined ? ["@range"] : []),
        ...(doc.examples.length === 0 ? ["@example"] : []),
      ].map((missing) => `${path}: ${missing}`);
    });
}
