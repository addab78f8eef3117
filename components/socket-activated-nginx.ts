import * as pulumi from "@pulumi/pulumi";
import { UnitSet } from "../resources/unit-set.ts";
import type { SocketActivatedNginxArgs } from "./arguments.ts";
import { checkArguments, checkConfiguration, checkImage } from "./check.ts";
import { pageUrl } from "./names.ts";
import { ArgumentError } from "./problems.ts";
import { render } from "./render.ts";

/**
 * nginx in a podman container whose sockets belong to systemd: it needs no network of its own, keeps the client's address,
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
 * Example 2, a rootful service on port 80: `manager: "system"` and `listen: ["0.0.0.0:80"]`, without `user`.
 *
 * Example 3, rootless podman behind a socket of root's: `manager: "system"`, `user: "test"` and `listen: ["0.0.0.0:81"]`.
 *
 * @throws ArgumentError with everything that is wrong, at preview and without a host.
 * @see https://github.com/eriksjolund/podman-nginx-socket-activation
 */
export class SocketActivatedNginx extends pulumi.ComponentResource {
  /** Where the pages are: "http://192.0.2.11:8080/". */
  readonly urls: pulumi.Output<string[]>;
  /** What systemd says of each unit after the last operation. */
  readonly unitStates: UnitSet["unitStates"];

  constructor(name: string, args: SocketActivatedNginxArgs, options?: pulumi.ComponentResourceOptions) {
    super("quadlet:index:SocketActivatedNginx", name, {}, options);
    const { problems, warnings } = checkArguments(name, args);
    if (problems.length > 0) throw new ArgumentError(`SocketActivatedNginx "${name}"`, problems);
    for (const warning of warnings) void pulumi.log.warn(warning, this);

    const { connection, manager, user, createUser, registries, adopt } = args;
    const rendered = render(args.name ?? name, lateChecks(name, args, this));
    const set = new UnitSet(
      name,
      {
        connection,
        name: args.name ?? name,
        manager,
        ...(user === undefined ? {} : { user }),
        ...(createUser === undefined ? {} : { createUser }),
        ...(manager === "user" ? { linger: args.linger ?? true } : {}),
        ...rendered,
        ...(registries === undefined ? {} : { registries }),
        ...(adopt === undefined ? {} : { adopt }),
      },
      { parent: this },
    );
    this.unitStates = set.unitStates;
    this.urls = pulumi
      .output(connection.address)
      .apply((host) => args.listen.flatMap((listen) => pageUrl(host, listen) ?? []));
    this.registerOutputs({ urls: this.urls, unitStates: this.unitStates });
  }
}

/** The same checks for what was not known when the component was made: they run as soon as it is. */
function lateChecks(
  name: string,
  args: SocketActivatedNginxArgs,
  component: pulumi.Resource,
): SocketActivatedNginxArgs {
  const what = `SocketActivatedNginx "${name}"`;
  const image =
    typeof args.image === "string"
      ? args.image
      : pulumi.output(args.image).apply((reference) => {
          const problems = checkImage(reference, args.requireDigest ?? false);
          if (problems.length > 0) throw new ArgumentError(what, problems);
          return reference;
        });
  if (!args.nginx || Object.values(args.nginx).every((text) => typeof text === "string"))
    return { ...args, image };
  const checked = pulumi.unsecret(
    pulumi.output(args.nginx).apply((nginx) => {
      const { errors, warnings } = checkConfiguration(args.name ?? name, args.listen, nginx);
      if (errors.length > 0)
        throw new ArgumentError(
          what,
          errors.map(({ message }) => ({ path: "nginx", message })),
        );
      for (const { message } of warnings) void pulumi.log.warn(message, component);
      return true;
    }),
  );
  const nginx = Object.entries(args.nginx).map(([file, text]): [string, pulumi.Input<string>] => [
    file,
    // What is plain stays plain, so that its diff can be read; the others wait for the check.
    typeof text === "string" ? text : pulumi.all([text, checked]).apply(([content]) => content),
  ]);
  return { ...args, image, nginx: Object.fromEntries(nginx) };
}
