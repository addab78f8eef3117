import { type ListenAddress, parseListenStream } from "../units/nginx/address.ts";
import {
  type Route,
  commonFile,
  locations,
  otherNames,
  otherNamesFile,
  proxyCommon,
  proxyServer,
  resolverDirectory,
  routesFile,
  serverFile,
  tlsCommon,
  tlsFile,
  upstream,
  virtualHost,
} from "../units/nginx/virtual-host.ts";
import type { TlsOptions } from "../units/nginx/tls.ts";
import { quoteExec } from "../units/escape.ts";
import type { SocketActivatedNginxArgs } from "./arguments.ts";
import { sharedLabel, volumeLabel } from "./inputs.ts";
import type { Backend, ReverseProxyStackArgs } from "./proxy-arguments.ts";
import { containerNames, hasNetwork, hasSockets, isInternal, proxyNames } from "./proxy-names.ts";
import {
  isActivated,
  isUnix,
  reachedAt,
  socketsDirectory,
  socketsMount,
  socketsUnit,
} from "./proxy-sockets.ts";
import type { Additions } from "./render.ts";
import { tlsOptions } from "./tls.ts";

/**
 * nginx as Example 3: the arguments of a SocketActivatedNginx, on the backends' network and with what is generated for them.
 *
 * @throws AddressError where `listen` is not right
 */
export function nginxOf(name: string, args: ReverseProxyStackArgs): SocketActivatedNginxArgs {
  const { backends, network, nginx, ...common } = args;
  return {
    ...common,
    manager: args.manager ?? "system",
    network: hasNetwork(args) ? `systemd-${proxyNames(name, { network }).network}` : "none",
    nginx: {
      ...generatedFiles(args.listen.map(parseListenStream), backends, tlsOptions(args.tls)),
      ...nginx,
    },
  };
}

/** All server names of a backend. */
export function serverNames({ serverName, serverNames = [] }: Backend): string[] {
  return [...new Set([...(serverName === undefined ? [] : [serverName]), ...serverNames])];
}

function pathsOf({ paths = ["/"] }: Backend): string[] {
  return paths;
}

/** Server name → the backend that has its server block: the one with the path "/", else the first. */
export function ownersOf(backends: Record<string, Backend>): Map<string, string> {
  const owners = new Map<string, string>();
  for (const [backend, options] of Object.entries(backends)) {
    for (const name of serverNames(options)) {
      if (!owners.has(name) || pathsOf(options).includes("/")) owners.set(name, backend);
    }
  }
  return owners;
}

/** File name → text. One file a backend, and what they share: a backend that comes or goes changes its own only. */
export function generatedFiles(
  listen: readonly ListenAddress[],
  backends: Record<string, Backend>,
  tls?: TlsOptions,
): Record<string, string> {
  const files: Record<string, string> = {
    [commonFile]: proxyCommon(hasNetwork({ backends })),
    [serverFile]: proxyServer(),
    ...(tls === undefined ? {} : { [tlsFile]: tlsCommon(tls) }),
    [otherNamesFile]: otherNames(listen, tls?.listen),
  };
  const owners = ownersOf(backends);
  for (const [backend, options] of Object.entries(backends)) {
    const { port, extra } = options;
    const routes: Route[] = pathsOf(options).map((path) => ({ path, backend, port }));
    const hosts = serverNames(options)
      .filter((name) => owners.get(name) === backend)
      .map((serverName) => virtualHost({ serverName, listen, tls, routes, extra }));
    const sockets = containerNames(backend, options).map(
      (container) => `${socketsMount}/${reachedAt(container, options)}`,
    );
    const parts = [...(isUnix(options) ? [upstream(backend, sockets)] : []), ...hosts];
    if (parts.length > 0) files[`${backend}.conf`] = parts.join("\n");
    for (const name of serverNames(options).filter((other) => owners.get(other) !== backend))
      files[routesFile(name, backend)] = locations(routes);
  }
  return files;
}

/**
 * What nginx needs before it starts, at every boot too: its backends, and the address of the network's DNS, which it does not
 * know. In the account's own manager the first is systemd's business.
 */
export function proxyAdditions(name: string, args: ReverseProxyStackArgs): Additions {
  const { network, target } = proxyNames(name, args);
  const isUser = args.manager === "user";
  const runtime = isUser ? "%t" : "/run/user/@UID@";
  const [withNetwork, withSockets] = [hasNetwork(args), hasSockets(args)];
  const networkUnit = `${network}-network.service`;
  const sockets = withSockets ? [socketsUnit(name)] : [];
  const resolver = "%N-resolver";
  return {
    description: `nginx ${name}, socket-activated reverse proxy`,
    online: withNetwork && !isInternal(args),
    ownVolumes: [
      ...(withNetwork ? [`%t/${resolver}:${resolverDirectory}:ro${volumeLabel(args)}`] : []),
      ...(withSockets ? [`${runtime}/${socketsDirectory(name)}:${socketsMount}:ro${sharedLabel(args)}`] : []),
    ],
    // A socket of systemd's has systemd's label, which no container may connect to (the reference's Example 6).
    unlabelled: Object.values(args.backends).some((backend) => isUnix(backend) && isActivated(backend)),
    ...(isUser ? { unit: { wants: [target], requires: sockets } } : {}),
    service: {
      ...(withNetwork ? { runtimeDirectory: resolver } : {}),
      // For each of the commands (systemd.service(5)).
      timeoutStartSec: String(backendsTimeout + 30),
    },
    execStartPre: [
      ...(isUser ? [] : [startBackends([...(withNetwork ? [networkUnit] : []), ...sockets, target])]),
      ...(withNetwork
        ? [
            `${quoteExec(["/bin/sh", "-c", writeResolver, "resolver", `systemd-${network}`, networkUnit, target])} %t/${resolver}/resolver.conf`,
          ]
        : []),
    ],
  };
}

/**
 * Until the backends are started: systemd knows no order between its units and those of an account's manager. One that is not,
 * in time or at all, does not take the others with it ("-").
 */
function startBackends(units: readonly string[]): string {
  return `-/usr/bin/timeout ${backendsTimeout} /usr/bin/systemctl --user start ${units.join(" ")}`;
}

/** Seconds. The wait of proxy-backends.ts for a port, and podman's own work. */
const backendsTimeout = 90;

/**
 * Writes nginx's `resolver`: the network, the service that makes it, the backends' target, the file. The DNS of a network is at
 * its gateway. It says that an answer holds for a day (aardvark-dns), but a backend has another address each time it starts:
 * hence valid=.
 */
export const writeResolver = [
  // Somebody has removed the network, and its service is still active: its backends have lost it as well.
  'podman network exists "$1" || systemctl --user restart "$2" "$3" || exit;',
  'address=$(podman network inspect --format "{{(index .Subnets 0).Gateway}}" "$1") || exit;',
  'echo "resolver $address valid=1s ipv6=off;" >"$4"',
].join(" ");
