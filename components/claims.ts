import type { SocketActivatedNginxArgs } from "./site/arguments.ts";
import { accessLogOf } from "./site/access-log.ts";
import { acmeOf } from "./site/acme.ts";
import { hardeningOf } from "./site/hardening.ts";
import { socketUnits } from "./site/names.ts";
import type { Backend, ReverseProxyStackArgs } from "./proxy/arguments.ts";
import { containerNames, hasNetwork, hasSockets, proxyNames } from "./proxy/names.ts";
import { nginxOf } from "./proxy/render.ts";
import { backendSite, isActivated, socketsUnit } from "./proxy/backend-sockets.ts";

/** A name that can be there once only on a host. */
export interface Claim {
  name: string;
  /** What it is the name of, for people. */
  what: "a unit" | "a set of units" | "a container" | "a container's id file";
  /** Units and sets: whose manager. Containers: whose podman. Undefined for the host's own, or root's. */
  account: string | undefined;
}

/** What has names: a site, a backend, … */
export interface Owner {
  /** Its path in the arguments, which tells it from others. */
  path: string[];
  /** Where, if not all are on one host. */
  host?: string;
  claims: Claim[];
}

/** A name that two have. */
export interface Collision {
  owner: Owner;
  claim: Claim;
  /** Who has it already. */
  other: Owner;
}

/** Who can't have one of its names: each with the first of them. */
export function collisions(owners: readonly Owner[]): Collision[] {
  const taken = new Map<string, Owner>();
  const found = new Map<string, Collision>();
  for (const owner of owners) {
    const id = JSON.stringify(owner.path);
    for (const claim of owner.claims) {
      const key = JSON.stringify([owner.host, claim.what, claim.account, claim.name]);
      const other = taken.get(key) ?? owner;
      taken.set(key, other);
      if (JSON.stringify(other.path) !== id && !found.has(id)) found.set(id, { owner, claim, other });
    }
  }
  return [...found.values()];
}

/** All names of a site, once its arguments are known to be right. */
export function claimsOfSite(name: string, args: SocketActivatedNginxArgs): Claim[] {
  const account = args.manager === "user" ? args.user : undefined;
  const hardening = hardeningOf(name, args);
  const acme = acmeOf(name, args);
  const units = [
    ...socketUnits(name, args).map(({ unit }) => unit),
    ...(hardening?.userNamespace === undefined ? [] : [hardening.userNamespace]),
    ...Object.keys({ ...accessLogOf(name, args)?.units, ...acme?.units }),
  ];
  // A restart needs the two others for a moment (units/stand-ins.ts).
  const services = [name, `${name}-handover`, `${name}-rehearsal`];
  return [
    ...claims("a unit", [...units, ...services.map((service) => `${service}.service`)], account),
    ...claims("a set of units", [name], account),
    ...services.flatMap((service) => containerClaims(service, `systemd-${service}`, args.user)),
    ...(acme === undefined ? [] : claims("a container", [`systemd-${name}-acme`], args.user)),
  ];
}

/** The same of a proxy; the backends' ones by the path of each. */
export function claimsOfProxy(name: string, args: ReverseProxyStackArgs): Owner[] {
  const { network, target } = proxyNames(name, args);
  const shared = [
    target,
    ...(hasNetwork(args) ? [`${network}-network.service`] : []),
    ...(hasSockets(args) ? [socketsUnit(name)] : []),
  ];
  const own = [...claimsOfSite(name, nginxOf(name, args)), ...claims("a unit", shared, args.user)];
  const backends = Object.entries(args.backends).map(([backend, options]) => ({
    path: ["backends", backend],
    claims: containerNames(backend, options).flatMap((container) =>
      claimsOfContainer(name, container, options, args),
    ),
  }));
  return [{ path: [], claims: own }, ...backends];
}

function claimsOfContainer(
  name: string,
  container: string,
  options: Backend,
  args: ReverseProxyStackArgs,
): Claim[] {
  if (options.nginx !== undefined)
    return claimsOfSite(container, backendSite(name, container, options, args)).filter(
      // Its units are those of the proxy's set.
      ({ what }) => what !== "a set of units",
    );
  const units = [`${container}.service`, ...(isActivated(options) ? [`${container}.socket`] : [])];
  return [...claims("a unit", units, args.user), ...containerClaims(container, container, args.user)];
}

/**
 * Both managers have the file of a container's id at one place, the runtime directory of its account: "%t/%N.cid" in podman's
 * quadlets. Where it is there already, podman does not start another one (CreateCidFile() in podman's pkg/util/utils.go).
 */
function containerClaims(service: string, container: string, account: string | undefined): Claim[] {
  return [
    ...claims("a container", [container], account),
    ...claims("a container's id file", [`${service}.cid`], account),
  ];
}

function claims(what: Claim["what"], names: readonly string[], account: string | undefined): Claim[] {
  return names.map((name) => ({ name, what, account }));
}
