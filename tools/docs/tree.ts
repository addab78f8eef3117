import type { Member, Shape } from "./shapes.ts";

/** An argument on a page, with those inside it. */
export interface Argument {
  /** "backends.*.port": "*" is any name, "[]" each of a list. */
  path: string;
  member: Member;
  /** Whether it may itself be an Output, or each value in it. */
  output?: "itself" | "each";
  /** The shapes that it may have. */
  shapes: { shape: Shape; arguments: Argument[] }[];
  /** The path of the same argument, if it was documented before. */
  as?: string;
}

/** The arguments of a component. */
export function argumentTree(shapes: ReadonlyMap<string, Shape>, root: string): Argument[] {
  const documented = new Map<string, string>();
  const walk = (shape: Shape, above: string, outputs = false): Argument[] =>
    shape.members
      // Before the arguments inside them: a field that two levels have is documented at the upper one.
      .map((member) => {
        const path = `${above}${member.name}`;
        const as = documented.get(member.id);
        if (as === undefined) documented.set(member.id, path);
        // An argument with fields is not an Output itself, but its fields are.
        const output = outputs && member.shapes.length === 0 ? "itself" : member.output;
        return {
          path,
          member,
          ...(output === undefined ? {} : { output }),
          ...(as === undefined ? {} : { as }),
        };
      })
      .map((one) => ({
        ...one,
        shapes: one.as === undefined ? inside(one.member.shapes, one.path, outputs) : [],
      }));
  const inside = (references: Member["shapes"], path: string, above: boolean): Argument["shapes"] =>
    references.flatMap((reference) => {
      const shape = find(shapes, reference.name);
      const outputs = above || reference.outputs;
      const all = walk(shape, `${path}${reference.below}.`, outputs);
      return [{ shape, arguments: all }, ...inside(shape.alternatives, `${path}${reference.below}`, outputs)];
    });
  return walk(find(shapes, root), "");
}

function find(shapes: ReadonlyMap<string, Shape>, name: string): Shape {
  const shape = shapes.get(name);
  if (!shape) throw new Error(`${name} is declared in none of the documented files`);
  return shape;
}

/** All arguments of a tree, each before those inside it. */
export function flatten(tree: readonly Argument[]): Argument[] {
  return tree.flatMap((argument) => [
    argument,
    ...argument.shapes.flatMap((shape) => flatten(shape.arguments)),
  ]);
}
