import { renderService } from "../../units/render.ts";
import { awaitFirstPodman } from "./first-podman.ts";
import { retried, unlimited } from "./restarting.ts";
import { type Container, podmanRun } from "./container.ts";
import { type Hardening, hardenedService, userNamespaceUnit } from "./hardening.ts";
import type { ServiceSection } from "../../units/sections/service.ts";

/** The account's UID, which the host fills in (resources/contract.ts). */
const uid = "@UID@";
const runtimeDirectory = `/run/user/${uid}`;

/** One container that a system service runs as an account. */
export interface UserService {
  description: string;
  /** The account. */
  user: string;
  container: Container;
  /** The socket units whose descriptors it gets. */
  sockets: readonly string[];
  /** Whether the container's network leads out of the host. Default: unless it is "none". */
  online?: boolean;
  hardening?: Hardening | undefined;
  /** More of [Service]. */
  service?: Omit<ServiceSection, "execStartPre">;
  /** Command lines before podman. */
  execStartPre?: readonly string[];
}

/**
 * The text of NAME.service: rootless podman in a system service, so that the socket is root's (port 80) and podman is not.
 * What podman's generator writes for a .container (podman 5.4), with the account's own runtime directory in place of %t.
 *
 * podman has no support for User= in its quadlets (https://github.com/containers/podman/discussions/20573).
 */
export function userService(options: UserService): string {
  const { user, sockets, container, hardening, online: leadsOut = container.network !== "none" } = options;
  const before = [
    ...sockets,
    manager,
    ...(hardening?.userNamespace === undefined ? [] : [hardening.userNamespace]),
  ];
  const online = leadsOut ? ["network-online.target"] : [];
  const remove = `/usr/bin/podman rm -v -f -i --cidfile=${cidFile}`;
  return renderService({
    unit: {
      description: options.description,
      ...(online.length > 0 ? { wants: online } : {}),
      requires: before,
      after: [...before, ...online],
      // Rootless podman keeps its locks there, and the account's manager makes it.
      requiresMountsFor: [`${runtimeDirectory}/containers`],
      ...unlimited,
    },
    service: {
      type: "notify",
      notifyAccess: "all",
      user,
      environment: { PODMAN_SYSTEMD_UNIT: "%n", ...login },
      // Several sockets: the service is handed all of them (systemd.service(5), Sockets=).
      ...(sockets.length > 1 ? { sockets } : {}),
      // See container() in render.ts.
      nonBlocking: true,
      ...retried,
      execStart: podmanRun(container, [
        "--name systemd-%N",
        `--cidfile=${cidFile}`,
        "--replace --rm --cgroups=split",
      ]),
      execReload: `/usr/bin/podman kill --signal=HUP systemd-%N`,
      // Sends the container's stop signal, and waits for its stop timeout.
      execStop: remove,
      execStopPost: `-${remove}`,
      timeoutStopSec: "70",
      killMode: "mixed",
      delegate: true,
      syslogIdentifier: "%N",
      ...(hardening === undefined ? {} : hardenedService(hardening)),
      ...options.service,
      // A hardened one may not make the user namespace; its own unit does.
      execStartPre: [
        ...(hardening === undefined ? [awaitFirstPodman(runtimeDirectory)] : []),
        ...(options.execStartPre ?? []),
      ],
    },
    // No [Install]: the socket starts it.
  });
}

/** The same for what a hardened one needs before it. */
export function userNamespaceService(name: string, user: string): string {
  return userNamespaceUnit(name, runtimeDirectory, asAccount(user));
}

/** What any system service has that runs podman as an account. */
export function asAccount(user: string) {
  return {
    unit: { requires: [manager], after: [manager] },
    service: { user, environment: login },
    runtimeDirectory,
  };
}

const manager = `user@${uid}.service`;

/** Only a login has them (pam_systemd(8)). podman asks the account's manager for the scope of its pause process. */
const login = {
  XDG_RUNTIME_DIR: runtimeDirectory,
  DBUS_SESSION_BUS_ADDRESS: `unix:path=${runtimeDirectory}/bus`,
};

const cidFile = `${runtimeDirectory}/%N.cid`;
