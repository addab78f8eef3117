import { renderService } from "../../units/render.ts";
import { awaitFirstPodman } from "./first-podman.ts";
import { retried, unlimited } from "./restarting.ts";
import type { ContainerSection } from "../../units/sections/container.ts";
import type { ServiceSection } from "../../units/sections/service.ts";
import type { UnitSection } from "../../units/sections/unit.ts";
import type { SocketActivatedNginxArgs } from "./arguments.ts";

/** What nginx's master does as root: chown its caches, signal its workers, become another account for them. */
const capabilities = ["CHOWN", "KILL", "SETGID", "SETUID"];
/** Where nginx writes beside /run and /tmp, which podman makes writable in a read-only container. */
export const writtenDirectory = "/var/cache/nginx";

/** What `hardened` is for one site. */
export interface Hardening {
  /** The service may open no socket but Unix and netlink ones: where its container has no network. */
  restricted: boolean;
  /** The unit that makes the account's user namespace, as the hardened service may not: podman-usernamespace.service. */
  userNamespace: string | undefined;
}

/** Undefined where it is not asked for. */
export function hardeningOf(name: string, args: SocketActivatedNginxArgs): Hardening | undefined {
  if (args.hardened !== true) return undefined;
  return {
    restricted: args.network === "none",
    // Root needs none.
    userNamespace: args.user === undefined ? undefined : `${name}-usernamespace.service`,
  };
}

/** The OCI runtime; undefined for podman's own. */
export function runtimeOf({ runtime, hardened, network }: SocketActivatedNginxArgs): string | undefined {
  // crun 1.21 (Debian 13) can't bring up the loopback interface under RestrictAddressFamilies= (crun#1828).
  return runtime ?? (hardened === true && network === "none" ? "runc" : undefined);
}

/** What it can't be, and why. */
export function hardeningWarnings({ hardened, network }: SocketActivatedNginxArgs): string[] {
  if (hardened !== true || network === "none") return [];
  return [
    'hardened: RestrictAddressFamilies=AF_UNIX AF_NETLINK does not apply, because the container has a network. With network: "none" it would. The rest of hardened applies.',
  ];
}

/** What it is of a container, for a quadlet. */
export const hardenedContainer: Partial<ContainerSection> = {
  tmpfs: writtenDirectory,
  readOnly: true,
  noNewPrivileges: true,
  dropCapability: "all",
  addCapability: capabilities,
};

/** The same for `podman run`. */
export const hardenedOptions: readonly string[] = [
  "--read-only",
  `--tmpfs ${writtenDirectory}`,
  "--security-opt=no-new-privileges",
  "--cap-drop all",
  ...capabilities.map((capability) => `--cap-add ${capability}`),
];

/** podman itself, and all that it starts. */
export function hardenedService({ restricted }: Hardening): ServiceSection {
  return {
    noNewPrivileges: true,
    // podman talks to systemd and conmon by Unix sockets, and to the kernel by netlink ones.
    ...(restricted ? { restrictAddressFamilies: ["AF_UNIX", "AF_NETLINK"] } : {}),
  };
}

/**
 * The text of {@link Hardening.userNamespace}: newuidmap(1), which makes the namespace, has the privileges of its file, and a
 * service with NoNewPrivileges= can't have them. podman keeps the namespace.
 *
 * @param runtimeDirectory of the account, as the unit writes it
 * @param account what a service of the account needs in the system manager
 * @see https://www.redhat.com/sysadmin/podman-systemd-limit-access
 */
export function userNamespaceUnit(
  name: string,
  runtimeDirectory: string,
  account: { unit?: UnitSection; service?: ServiceSection } = {},
): string {
  return renderService({
    unit: { description: `User namespace for ${name}`, ...unlimited, ...account.unit },
    service: {
      type: "oneshot",
      remainAfterExit: true,
      execStart: awaitFirstPodman(runtimeDirectory),
      ...retried,
      ...account.service,
    },
  });
}
