import { type ArgumentProblem, pathText } from "../components/problems.ts";
import { containerNames } from "../components/proxy-names.ts";
import type { Fleet } from "./placement.ts";

/** Names that two units of one account's manager on one host would have: those of its sites, proxies and backends. */
export function sharedNames({ sites, proxies }: Fleet): ArgumentProblem[] {
  const own = [
    ...sites.map((site) => ({ ...site, kind: "sites" })),
    ...proxies.map((proxy) => ({ ...proxy, kind: "proxies" })),
  ]
    .filter(({ args }) => args.manager === "user")
    .map(({ kind, name, host, args }) => ({ host, user: args.user, path: [kind, name], unit: name }));
  const backends = proxies.flatMap(({ name, host, args }) =>
    Object.entries(args.backends).flatMap(([backend, options]) =>
      containerNames(backend, options).map((unit) => ({
        host,
        user: args.user,
        path: ["proxies", name, "backends", backend],
        unit,
      })),
    ),
  );
  const taken = new Map<string, string>();
  const problems = new Map<string, ArgumentProblem>();
  for (const { host, user, path, unit } of [...own, ...backends]) {
    const key = JSON.stringify([host, user, unit]);
    const [at, other] = [pathText(path), taken.get(key)];
    if (other === undefined) taken.set(key, at);
    else if (other !== at)
      problems.set(at, {
        path: at,
        message: `"${unit}" is the name of a unit of ${other} already, of the account "${user}" on ${host}. Choose another one.`,
      });
  }
  return [...problems.values()];
}
