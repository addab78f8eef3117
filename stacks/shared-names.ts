import { type ArgumentProblem, pathText } from "../components/problems.ts";
import { containerNames } from "../components/proxy-names.ts";
import type { Fleet } from "./placement.ts";

/** Names that two units of one account's manager on one host would have: those of its sites, proxies and backends. */
export function sharedNames({ sites, proxies }: Fleet): ArgumentProblem[] {
  const units = [
    ...sites.map(({ name, host, args }) => ({ host, args, names: [{ path: ["sites", name], unit: name }] })),
    ...proxies.map(({ name, host, args }) => ({
      host,
      args,
      names: [{ path: ["proxies", name], unit: name }],
    })),
  ].filter(({ args }) => args.manager === "user");
  const backends = proxies.map(({ name, host, args }) => ({
    host,
    args,
    names: Object.entries(args.backends).flatMap(([backend, options]) =>
      containerNames(backend, options).map((unit) => ({
        path: ["proxies", name, "backends", backend],
        unit,
      })),
    ),
  }));
  const taken = new Map<string, string>();
  const problems = new Map<string, ArgumentProblem>();
  for (const { host, args, names } of [...units, ...backends])
    for (const { path, unit } of names) {
      const key = JSON.stringify([host, args.user, unit]);
      const [own, other] = [pathText(path), taken.get(key)];
      if (other === undefined) taken.set(key, own);
      else if (other !== own)
        problems.set(own, {
          path: own,
          message: `"${unit}" is the name of a unit of ${other} already, of the account "${args.user}" on ${host}. Choose another one.`,
        });
    }
  return [...problems.values()];
}
