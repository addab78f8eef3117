import { type ArgumentProblem, nearest, pathText } from "../components/arguments/problems.ts";
import { fleetSchema } from "./schema.ts";

const words = { sites: "site", proxies: "proxy" } as const;

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
  configuration: Partial<Record<"sites" | "proxies", unknown>>,
): ArgumentProblem[] {
  return (["sites", "proxies"] as const).reduce<ArgumentProblem[]>(
    (left, kind) => {
      const word = words[kind];
      const names = Object.keys(configuration[kind] ?? {});
      return names.reduce((found, name) => {
        const path = pathText([kind, name]);
        const lacks = found.filter(
          (one) => one.path.startsWith(`${path}.`) && one.message.startsWith("is missing"),
        );
        // With only one problem, it is an entry for which the hosts were forgotten.
        if (lacks.length < 2 || !lacks.some((one) => one.path === `${path}.hosts`)) return found;
        if (Object.hasOwn(fleetSchema.shape[kind].valueType.shape, name)) {
          const message = `is an argument of a ${word}, not a ${word}. Indent it below its ${word}.`;
          return [{ path, message }, ...found.filter((one) => !one.path.startsWith(`${path}.`))];
        }
        const near = nearest(
          name,
          names.filter((other) => other !== name),
        );
        return found.map((one) =>
          near !== undefined && one.path === `${path}.hosts`
            ? { ...one, message: `${one.message}. Did you mean the ${word} "${near}"?` }
            : one,
        );
      }, left);
    },
    [...problems],
  );
}
