import { parseListenStream } from "../../units/nginx/address.ts";
import { resolverDirectory } from "../../units/nginx/proxy-files.ts";
import { quoteExec } from "../../units/escape.ts";
import type { SocketActivatedNginxArgs } from "../site/arguments.ts";
import { sharedLabel, volumeLabel } from "../site/inputs.ts";
import type { ReverseProxyStackArgs } from "./arguments.ts";
import { generatedFiles, knownFiles, serverNamesOf } from "./nginx-files.ts";
import { hasNetwork, hasSockets, isInternal, proxyNames } from "./names.ts";
import { isActivated, isUnix, socketsDirectory, socketsMount, socketsUnit } from "./backend-sockets.ts";
import type { Additions } from "../site/render.ts";
import { withAcmeNames } from "../tls/acme-check.ts";
import { tlsOptions } from "../tls/tls.ts";

/**
 * nginx as Example 3: the arguments of a SocketActivatedNginx, on the backends' network and with what is generated for them.
 *
 * @throws AddressError where `listen` is not right
 */
export function nginxOf(name: string, args: ReverseProxyStackArgs): SocketActivatedNginxArgs {
  const { backends, network, nginx, ...common } = args;
  const names = Object.values(backends).flatMap(serverNamesOf);
  return {
    ...common,
    ...(args.tls === undefined ? {} : { tls: withAcmeNames(args.tls, names) }),
    manager: args.manager ?? "system",
    network: hasNetwork(args) ? `systemd-${proxyNames(name, { network }).network}` : "none",
    nginx: {
      ...generatedFiles(backends, {
        listen: args.listen.map(parseListenStream),
        tls: tlsOptions(args.tls),
        own: knownFiles(nginx),
      }),
      ...nginx,
    },
  };
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
const writeResolver = [
  // Somebody has removed the network, and its service is still active: its backends have lost it as well.
  'podman network exists "$1" || systemctl --user restart "$2" "$3" || exit;',
  'address=$(podman network inspect --format "{{(index .Subnets 0).Gateway}}" "$1") || exit;',
  'echo "resolver $address valid=1s ipv6=off;" >"$4"',
].join(" ");
