import { warn } from "@pulumi/pulumi/log/index.js";
import { type Output, all } from "@pulumi/pulumi/output.js";
import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi/resource.js";
import { UnitSet } from "../resources/unit-set.ts";
import { digestOf, smokeTest } from "./commands/smoke-test.ts";
import { fleetInputs } from "./arguments/fleet-inputs.ts";
import { lateChecks, lateImage } from "./site/late-checks.ts";
import { allUrls, hostUrl, pagesByHost, urlsOf } from "./site/names.ts";
import { ArgumentError, pathText } from "./arguments/problems.ts";
import type { ReverseProxyStackArgs } from "./proxy/arguments.ts";
import { merge, renderBackends } from "./proxy/backend-set.ts";
import { containerNames } from "./proxy/names.ts";
import { backendSite } from "./proxy/backend-sockets.ts";
import { checkProxy } from "./proxy/check.ts";
import { serverNamesOf } from "./proxy/nginx-files.ts";
import { nginxOf, proxyAdditions } from "./proxy/render.ts";
import { type Rendered, render } from "./site/render.ts";

/**
 * nginx as a reverse proxy, socket-activated, for containers that it reaches by Unix sockets or on a network of podman's without a
 * way out. All of them are run by rootless podman of one account, and see the client's own address. The sockets are root's, so
 * that the port may be 80 (that is Example 3 of SocketActivatedNginx, and like that experimental), or, with manager "user", the
 * account's own.
 *
 * Example 4:
 * ```ts
 * new ReverseProxyStack("example4", {
 *   connection: { address: "192.0.2.11", hostKey: "ssh-ed25519 AAAA…" },
 *   user: "test",
 *   image: "docker.io/library/nginx:latest",
 *   listen: ["0.0.0.0:82"],
 *   backends: {
 *     "apache-container": { image: "docker.io/library/httpd:latest", serverName: "apache.example.com", port: 80 },
 *     "caddy-container": { image: "docker.io/library/caddy:latest", serverName: "caddy.example.com", port: 80 },
 *   },
 * });
 * ```
 *
 * What it makes on the host, as one set, which a host gets whole or not at all:
 *
 * - In the host's manager or the account's own: nginx, with the units and files of a SocketActivatedNginx.
 * - In the account's own: BACKEND.container for each backend, BACKEND-2.container and so on for replicas, and BACKEND.socket where
 *   systemd opens its socket; NAME-backends.target, which stands for all of them.
 * - There too NAME-net.network (NAME-open-net.network with a way out), where a backend has transport "tcp", and
 *   NAME-sockets.service, which makes the directory of the sockets, where one has "unix".
 *
 * systemd knows no order between two managers, so with manager "system" nginx's service itself starts the backends and waits for
 * them, at `up` and at every boot; a request that comes before that waits in the socket.
 *
 * @throws ArgumentError with everything that is wrong, at preview and without a host.
 * @see https://github.com/eriksjolund/podman-nginx-socket-activation
 */
export class ReverseProxyStack extends ComponentResource {
  /** Where the pages are: `http://apache.example.com:82/`, for each server name except patterns. */
  readonly urls: Output<string[]>;
  /** The same by the names of the hosts; with `connection`, the name is "host". */
  readonly urlsByHost: Output<Record<string, string[]>>;
  /** What systemd says of each unit after the last operation, of nginx and of the backends, on all hosts that are not pending. */
  readonly unitStates: UnitSet["unitStates"];

  constructor(name: string, args: ReverseProxyStackArgs, options?: ComponentResourceOptions) {
    super("quadlet:index:ReverseProxyStack", name, {}, options);
    const what = `ReverseProxyStack "${name}"`;
    const { problems, warnings } = checkProxy(name, args);
    if (problems.length > 0) throw new ArgumentError(what, problems);
    for (const warning of warnings) void warn(warning, this);

    const unit = args.name ?? name;
    const { manager = "system", user, createUser, registries, adopt } = args;
    const common = {
      ...fleetInputs(args),
      user,
      ...(createUser === undefined ? {} : { createUser }),
      ...(registries === undefined ? {} : { registries }),
      ...(adopt === undefined ? {} : { adopt }),
    };
    const ofBackends = renderBackends(unit, { ...args, backends: lateBackends(what, unit, args, this) });
    const nginx = lateChecks(what, name, nginxOf(unit, args), this);
    const ofNginx = render(unit, nginx, proxyAdditions(unit, args));
    const digest = digestOf(args, ofBackends, ofNginx);
    const deployment = { name, component: this, args: nginx, digest };
    const proxy = new UnitSet(
      name,
      { ...common, name: unit, manager, linger: true, ...partsOf(manager, ofBackends, ofNginx) },
      { parent: this },
    );
    this.unitStates = proxy.unitStates;
    const hosts = Object.values(args.backends).flatMap(serverNamesOf);
    this.urlsByHost = pagesByHost(args, () =>
      hosts.flatMap((host) => urlsOf(args, (listen, scheme) => hostUrl(host, listen, scheme))),
    );
    this.urls = this.urlsByHost.apply(allUrls);
    smokeTest(deployment, proxy, this.urls, hosts);
    this.registerOutputs({ urls: this.urls, urlsByHost: this.urlsByHost, unitStates: this.unitStates });
  }
}

/** Of one manager all are units of that; with the host's, the backends are units of the account's. */
function partsOf(manager: "system" | "user", ofBackends: Rendered, ofNginx: Rendered) {
  const all = merge(ofBackends, ofNginx);
  if (manager === "user") return all;
  return {
    ...all,
    units: ofNginx.units,
    services: ofNginx.services,
    userUnits: ofBackends.units,
    userServices: ofBackends.services,
  };
}

function lateBackends(
  what: string,
  unit: string,
  args: ReverseProxyStackArgs,
  component: ReverseProxyStack,
): ReverseProxyStackArgs["backends"] {
  return Object.fromEntries(
    Object.entries(args.backends).map(([backend, options]) => {
      const path = pathText(["backends", backend]);
      const image = lateImage(what, `${path}.image`, options.image, args.requireDigest);
      if (options.nginx === undefined) return [backend, { ...options, image }];
      const [container = backend] = containerNames(backend, options);
      // Its files are checked as they will be, and written as they are.
      const site = backendSite(unit, container, options, args);
      const checked = lateChecks(`${what}, ${path}`, container, site, component).nginx ?? {};
      const nginx = Object.fromEntries(
        Object.entries(options.nginx).map(([file, text]) => [
          file,
          typeof text === "string" ? text : all([text, checked[file]]).apply(([own]) => own),
        ]),
      );
      return [backend, { ...options, image, nginx }];
    }),
  );
}
