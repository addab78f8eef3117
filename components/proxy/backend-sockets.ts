/** The Unix sockets by which nginx reaches backends without a network. */
import { posix } from "node:path";
import { quoteExec } from "../../units/escape.ts";
import { renderService, renderSocket } from "../../units/render.ts";
import type { SocketActivatedNginxArgs } from "../site/arguments.ts";
import { awaitContainer } from "../site/await-container.ts";
import { lift, sharedLabel } from "../site/inputs.ts";
import type { Backend, ReverseProxyStackArgs } from "./arguments.ts";
import type { Additions } from "../site/render.ts";

export function isUnix({ transport }: Pick<Backend, "transport">): boolean {
  return transport === "unix";
}

/** Whether systemd opens its socket. */
export function isActivated({ socketActivated, nginx }: Backend): boolean {
  return nginx !== undefined || socketActivated === true;
}

/** The unit that makes the directory of all sockets of a proxy, and removes it. */
export function socketsUnit(name: string): string {
  return `${socketsDirectory(name)}.service`;
}

/** Below the account's runtime directory; each backend has one below it. Memory: no socket outlives a boot. */
export function socketsDirectory(name: string): string {
  return `${name}-sockets`;
}

/** Where nginx reaches a backend, below that directory. A program's own directory is not for nginx to look into: see below. */
export function reachedAt(container: string, backend: Backend): string {
  return isActivated(backend) ? socketFile(container, backend) : `${container}.sock`;
}

/** Where a backend's socket is made, below the directory of all. */
function socketFile(container: string, { socketPath = defaultSocketPath }: Backend): string {
  return `${container}/${posix.basename(socketPath)}`;
}

/** Where the directory of all sockets is in nginx's container. */
export const socketsMount = "/run/backends";

const defaultSocketPath = "/run/backend/http.sock";

/** Where a backend that makes its socket itself has its directory, in its container. */
export function socketDirectory({ socketPath = defaultSocketPath }: Pick<Backend, "socketPath">): string {
  return posix.dirname(socketPath);
}

export function renderSocketsUnit(name: string): string {
  return renderService({
    // The sockets come after it, and before what a service comes after by itself (systemd.special(7), sockets.target).
    unit: { description: `Directory of the sockets of ${name}'s backends`, defaultDependencies: false },
    service: {
      type: "oneshot",
      remainAfterExit: true,
      runtimeDirectory: socketsDirectory(name),
      // nginx has it mounted: of another one of that name it would know nothing, and reach no backend any more.
      runtimeDirectoryPreserve: "restart",
      execStart: "/usr/bin/true",
    },
  });
}

/** What the unit of a backend's socket needs and is needed by. */
function socketAdditions(name: string, target: string): Required<Pick<Additions, "socket">> {
  return { socket: { requires: [socketsUnit(name)], wantedBy: [target] } };
}

/** The socket unit of a backend that is not nginx. */
export function renderBackendSocket(name: string, target: string, container: string, backend: Backend) {
  const { requires, wantedBy } = socketAdditions(name, target).socket;
  return renderSocket({
    unit: { description: `Socket of backend ${container} of ${name}`, requires, after: requires },
    socket: { listenStream: `%t/${socketsDirectory(name)}/${socketFile(container, backend)}` },
    install: { wantedBy: ["sockets.target", ...wantedBy] },
  });
}

/** What a backend's service has, where it makes its socket itself. */
export function ownSocket(name: string, container: string, backend: Backend, args: ReverseProxyStackArgs) {
  const directory = `${socketsDirectory(name)}/${container}`;
  const wait = ["/bin/sh", "-c", awaitSocket, "wait", container];
  const reached = `%t/${socketsDirectory(name)}/${reachedAt(container, backend)}`;
  return {
    volume: `%t/${directory}:${socketDirectory(backend)}:rw${sharedLabel(args)}`,
    service: {
      // New at each start, as many programs can't bind a socket that is left over. The account's own directory is above
      // it, so "all" are those whose containers it is mounted into.
      runtimeDirectory: directory,
      runtimeDirectoryMode: "0777",
      // What other accounts of the container have made there is not systemd's to remove, but the namespace's.
      execStopPost: `-/usr/bin/podman unshare rm -rf %t/${directory} ${reached}`,
    },
    wait: `${quoteExec(wait)} %t/${socketsDirectory(name)}/${socketFile(container, backend)} %t/${directory}.link ${reached}`,
  };
}

/**
 * Makes a socket usable for all, and known by its own name: its path, a name for a moment, and the one to stay. In the
 * account's user namespace, whose root may do that whichever account of the container has made it.
 */
const openSocket =
  'ln -fPT -- "$1" "$2" && [ ! -L "$2" ] && [ -S "$2" ] && chmod 0666 -- "$2" && mv -fT -- "$2" "$3" || { rm -f -- "$2"; exit 1; }';

/**
 * Waits until a container has made its socket, and lets nginx use it: its name, the socket, and two paths that it can't reach. A
 * program makes it for its own account, and nginx's workers are another one. The container may put something else in its
 * place at any moment, a symbolic link to a file of the account's or, when nginx would follow it, to another backend's
 * socket: hence the hard link (ln(1), -P), which is all that nginx knows.
 */
const awaitSocket = [
  `${awaitContainer('[ -S "$2" ]', "has no socket ${2##*/}")};`,
  `podman unshare sh -c '${openSocket}' open "$2" "$3" "$4" || { echo "$1's \${2##*/} is not a socket" >&2; exit 1; }`,
].join(" ");

/** A backend that is nginx: the arguments of a SocketActivatedNginx. */
export function backendSite(
  name: string,
  container: string,
  backend: Backend,
  args: ReverseProxyStackArgs,
): SocketActivatedNginxArgs {
  const { connection, hosts, user, pull, requireDigest, hardened, runtime, selinuxLabel, accessLog } = args;
  const { image, environment, volumes, nginx = {} } = backend;
  const socket = backendAddress(name, container, backend);
  const given = {
    connection,
    hosts,
    pull,
    requireDigest,
    hardened,
    runtime,
    selinuxLabel,
    accessLog,
    environment,
    volumes,
  };
  const files = Object.entries(nginx).map(([file, content]) => [
    file,
    lift(content, (text) => text.replaceAll("@SOCKET@", () => socket)),
  ]);
  return {
    manager: "user",
    user,
    image,
    listen: [socket],
    network: "none",
    ...(files.length === 0 ? {} : { nginx: Object.fromEntries(files) as SocketActivatedNginxArgs["nginx"] }),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
}

/** Its address. nginx compares it with what it has inherited, so it has to be the host's; the UID is filled in there. */
export function backendAddress(name: string, container: string, backend: Backend): string {
  return `/run/user/@UID@/${socketsDirectory(name)}/${socketFile(container, backend)}`;
}

export function backendAdditions(name: string, target: string, container: string): Additions {
  return {
    description: `Backend ${container} of ${name}, socket-activated nginx`,
    placeholders: true,
    ...socketAdditions(name, target),
  };
}
