import { type Owner, claimsOfProxy, claimsOfSite, collisions } from "../components/claims.ts";
import { type ArgumentProblem, pathText } from "../components/arguments/problems.ts";
import type { Fleet } from "./entries.ts";

/**
 * Names on a host that two entries would take, including names that are derived from theirs: "www-8080.socket" is the second socket of
 * "www" and the first of "www-8080".
 *
 * @param fleet must have valid arguments
 */
export function sharedNames(fleet: Fleet): ArgumentProblem[] {
  return collisions(ownersOf(fleet)).map(({ owner, claim: { name, what, account }, other }) => {
    const whose = account === undefined ? "" : `, of the account "${account}"`;
    return {
      path: pathText(owner.path),
      message: `"${name}" is the name of ${what} of ${pathText(other.path)} already${whose} on ${owner.host}. Choose another name.`,
    };
  });
}

function ownersOf({ sites, proxies }: Fleet): Owner[] {
  const owners = (path: string[], hosts: readonly string[], made: readonly Owner[]): Owner[] =>
    hosts.flatMap((host) => made.map((owner) => ({ ...owner, path: [...path, ...owner.path], host })));
  return [
    ...sites.flatMap(({ name, hosts, args }) =>
      owners(["sites", name], hosts, [{ path: [], claims: claimsOfSite(name, args) }]),
    ),
    ...proxies.flatMap(({ name, hosts, args }) =>
      owners(["proxies", name], hosts, claimsOfProxy(name, args)),
    ),
  ];
}

/** A name must belong to only one entry, because the stack's `urls` and `--target` use it. */
export function sharedEntries({ sites, proxies }: Fleet): ArgumentProblem[] {
  const names = new Set(sites.map(({ name }) => name));
  return proxies
    .filter(({ name }) => names.has(name))
    .map(({ name }) => ({
      path: pathText(["proxies", name]),
      message: "is also the name of a site. Choose another name.",
    }));
}
