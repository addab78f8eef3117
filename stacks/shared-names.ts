import { type Owner, claimsOfProxy, claimsOfSite, collisions } from "../components/claims.ts";
import { type ArgumentProblem, pathText } from "../components/arguments/problems.ts";
import type { Fleet } from "./placement.ts";

/**
 * Names on a host that two entries would have, also those that are made of their own: "www-8080.socket" is the second socket of
 * "www" and the first of "www-8080".
 *
 * @param fleet whose arguments are known to be right
 */
export function sharedNames(fleet: Fleet): ArgumentProblem[] {
  return collisions(ownersOf(fleet)).map(({ owner, claim: { name, what, account }, other }) => {
    const whose = account === undefined ? "" : `, of the account "${account}"`;
    return {
      path: pathText(owner.path),
      message: `"${name}" is the name of ${what} of ${pathText(other.path)} already${whose} on ${owner.host}. Choose another one.`,
    };
  });
}

function ownersOf({ sites, proxies }: Fleet): Owner[] {
  const known = new Map<string, Owner[]>();
  // They are the same on each host.
  const once = (path: string[], host: string, make: () => Owner[]): Owner[] => {
    const made = known.get(pathText(path)) ?? make();
    known.set(pathText(path), made);
    return made.map((owner) => ({ ...owner, path: [...path, ...owner.path], host }));
  };
  return [
    ...sites.flatMap(({ name, host, args }) =>
      once(["sites", name], host, () => [{ path: [], claims: claimsOfSite(name, args) }]),
    ),
    ...proxies.flatMap(({ name, host, args }) =>
      once(["proxies", name], host, () => claimsOfProxy(name, args)),
    ),
  ];
}

/** Names of resources that two components would have. The resources of each are called NAME@HOST. */
export function sharedResources({ sites, proxies }: Fleet): ArgumentProblem[] {
  const places = new Set(sites.map(({ name, host }) => JSON.stringify([name, host])));
  const ofProxies = new Set(proxies.map(({ name, host }) => JSON.stringify([name, host])));
  const problems = proxies.flatMap(({ name, host }): ArgumentProblem[] => {
    const path = pathText(["proxies", name]);
    // Of their units as well, where both have one manager, and of what the stack's `urls` are called by.
    if (places.has(JSON.stringify([name, host])))
      return [{ path, message: `is the name of a site on ${host} as well. Choose another one.` }];
    const backends = `${host}-backends`;
    if (!ofProxies.has(JSON.stringify([name, backends]))) return [];
    const message = `the resources on the host "${backends}" would be called as those of the backends on "${host}". Give the host another name in the stack.`;
    return [{ path: `${path}.hosts`, message }];
  });
  return problems.filter(({ path }, index) => problems.findIndex((other) => other.path === path) === index);
}
