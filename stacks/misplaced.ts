import { type ArgumentProblem, isMissing, nearest, pathText } from "../components/arguments/problems.ts";
import { fleetSchema } from "./schema.ts";

const words = { sites: "site", proxies: "proxy" } as const;

type Kind = keyof typeof words;

/**
 * Explains entries without hosts: an argument that is not indented enough is one problem instead of several, and a similar name is suggested,
 * for changes of an entry whose name is misspelled.
 *
 * ```ts
 * withoutMisplaced([{ path: "sites.tls.hosts", message: "is missing: …" }, …], { sites: { www: {}, tls: {} } })
 * // [{ path: "sites.tls", message: "is an argument of a site, not a site. Indent it below its site." }]
 * ```
 */
export function withoutMisplaced(
  problems: readonly ArgumentProblem[],
  configuration: Partial<Record<Kind, unknown>>,
): ArgumentProblem[] {
  let left = [...problems];
  for (const kind of ["sites", "proxies"] as const) {
    const names = Object.keys(configuration[kind] ?? {});
    for (const name of names) left = explained(left, kind, name, names);
  }
  return left;
}

/** The problems, with those of one entry in other words if it has no hosts and lacks more. */
function explained(
  problems: ArgumentProblem[],
  kind: Kind,
  name: string,
  names: readonly string[],
): ArgumentProblem[] {
  const path = pathText([kind, name]);
  const isIn = (one: ArgumentProblem) => one.path.startsWith(`${path}.`);
  const isOfHosts = (one: ArgumentProblem) => one.path === `${path}.hosts`;
  const lacks = problems.filter((one) => isIn(one) && isMissing(one));
  // With only one problem, it is an entry for which the hosts were forgotten.
  if (lacks.length < 2 || !lacks.some(isOfHosts)) return problems;
  const word = words[kind];
  if (Object.hasOwn(fleetSchema.shape[kind].valueType.shape, name)) {
    const message = `is an argument of a ${word}, not a ${word}. Indent it below its ${word}.`;
    return [{ path, message }, ...problems.filter((one) => !isIn(one))];
  }
  const others = names.filter((other) => other !== name);
  const near = nearest(name, others);
  if (near === undefined) return problems;
  return problems.map((one) =>
    isOfHosts(one) ? { ...one, message: `${one.message}. Did you mean the ${word} "${near}"?` } : one,
  );
}
