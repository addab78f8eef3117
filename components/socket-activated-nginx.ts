import { warn } from "@pulumi/pulumi/log/index.js";
import type { Output } from "@pulumi/pulumi/output.js";
import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi/resource.js";
import { UnitSet } from "../resources/unit-set.ts";
import type { SocketActivatedNginxArgs } from "./site/arguments.ts";
import { checkArguments } from "./site/check.ts";
import { digestOf, smokeTest } from "./commands/smoke-test.ts";
import { fleetInputs } from "./arguments/fleet-inputs.ts";
import { lateChecks } from "./site/late-checks.ts";
import { allUrls, pageUrl, pagesByHost, urlsOf } from "./site/names.ts";
import { ArgumentError } from "./arguments/problems.ts";
import { render } from "./site/render.ts";

/**
 * nginx in a podman container whose sockets belong to systemd: it needs no network, keeps the client's address,
 * runs at native speed, and can be restarted without a failed request.
 *
 * Example 1, a rootless service of the account "test" on port 8080:
 * ```ts
 * new SocketActivatedNginx("example1", {
 *   connection: { address: "192.0.2.11", hostKey: "ssh-ed25519 AAAA…" },
 *   manager: "user",
 *   user: "test",
 *   image: "docker.io/library/nginx:latest",
 *   listen: ["0.0.0.0:8080"],
 *   network: "none",
 * });
 * ```
 *
 * On several hosts, `hosts: { "web-1": { address: "192.0.2.11" }, … }` stands in the place of `connection`.
 *
 * Example 2, a rootful service on port 80: `manager: "system"` and `listen: ["0.0.0.0:80"]`, without `user`.
 *
 * Example 3, rootless podman behind a socket of root's: `manager: "system"`, `user: "test"` and `listen: ["0.0.0.0:81"]`.
 *
 * What it makes on the host:
 *
 * - NAME.socket, and one more for each further address: they are enabled, and listen whether nginx runs or not. NAME.container,
 *   nginx's quadlet; in Example 3 NAME.service in its place. They are in /etc/systemd/system and /etc/containers/systemd, with
 *   manager "user" in the account's ~/.config/systemd/user and ~/.config/containers/systemd.
 * - /etc/quadlet-fleet/NAME, with `user` ~/.config/quadlet-fleet/NAME: nginx's configuration, certificates, the file of secret
 *   environment variables.
 * - NAME-usernamespace.service, with `hardened` and `user`: the account's user namespace, which a hardened service can't make.
 * - NAME-rotate.timer and NAME-rotate.service, with `accessLog`: the rotation of its file.
 * - NAME-acme.timer and NAME-acme.service, with `tls.acme`: the certificate's renewal. What they have stays in
 *   /var/lib/quadlet-fleet-acme/NAME, with `user` in ~/.local/state/quadlet-fleet-acme/NAME.
 * - A mark of whose these are in /var/lib/quadlet-fleet or ~/.local/state/quadlet-fleet, and quadlet-fleet-recovery.service, which
 *   takes back what a power loss has interrupted.
 *
 * @throws ArgumentError with everything that is wrong, at preview and without a host.
 * @see https://github.com/eriksjolund/podman-nginx-socket-activation
 */
export class SocketActivatedNginx extends ComponentResource {
  /** Where the pages are: `http://192.0.2.11:8080/`. */
  readonly urls: Output<string[]>;
  /** The same by the names of the hosts; with `connection`, the name is "host". */
  readonly urlsByHost: Output<Record<string, string[]>>;
  /** What systemd says of each unit after the last operation, on all hosts that are not pending. */
  readonly unitStates: UnitSet["unitStates"];

  constructor(name: string, args: SocketActivatedNginxArgs, options?: ComponentResourceOptions) {
    super("quadlet:index:SocketActivatedNginx", name, {}, options);
    const what = `SocketActivatedNginx "${name}"`;
    const { problems, warnings } = checkArguments(name, args);
    if (problems.length > 0) throw new ArgumentError(what, problems);
    for (const warning of warnings) void warn(warning, this);

    const { manager, user, createUser, registries, adopt } = args;
    const rendered = render(args.name ?? name, lateChecks(what, name, args, this));
    const deployment = { name, component: this, args, digest: digestOf(args, rendered) };
    const set = new UnitSet(
      name,
      {
        ...fleetInputs(args),
        name: args.name ?? name,
        manager,
        ...(user === undefined ? {} : { user }),
        ...(createUser === undefined ? {} : { createUser }),
        ...(user === undefined ? {} : { linger: args.linger ?? true }),
        ...rendered,
        ...(registries === undefined ? {} : { registries }),
        ...(adopt === undefined ? {} : { adopt }),
      },
      { parent: this },
    );
    this.unitStates = set.unitStates;
    this.urlsByHost = pagesByHost(args, (host) =>
      urlsOf(args, (listen, scheme) => pageUrl(host, listen, scheme)),
    );
    this.urls = this.urlsByHost.apply(allUrls);
    smokeTest(deployment, set, this.urls);
    this.registerOutputs({ urls: this.urls, urlsByHost: this.urlsByHost, unitStates: this.unitStates });
  }
}
