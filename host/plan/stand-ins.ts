import { type ListenAddress, isSpecific, sameAddress, toListenStream } from "../../units/nginx/address.ts";
import { isQuadlet, isSocket, kindOf, stemOf } from "../../units/kinds.ts";
import { handoverUnit, rehearsalUnit } from "../../units/stand-ins.ts";
import { isAccounts, madeUnit, plainName } from "../account-units.ts";
import { type Action, triggered } from "./changes.ts";
import { type Desired, type DesiredFile, type Probe, probeTarget, runtimeUnitPath } from "../desired.ts";
import { listens } from "../../units/socket-addresses.ts";

/** A unit that is on the host only during the transaction. */
export interface LentUnit {
  unit: string;
  path: string;
  text: string;
}

/** How one service restarts without an interruption. */
export interface Handover {
  service: string;
  /** The new version that shares the sockets meanwhile. */
  standIn: LentUnit;
}

/** A new version that is tried out in its own network namespace, before the old one is touched. */
export interface Rehearsal extends LentUnit {
  service: string;
  /** The container's name. */
  container: string;
  /** Indices of the probes that can be asked in there. */
  probes: number[];
  /** The arguments of rehearsalUnit(). */
  key: string;
  moved: ReadonlyMap<string, string>;
  hostOnly: ("ipv4" | "ipv6")[];
}

/**
 * The restarts that can be done by handover. Pure, so that a preview says the same.
 *
 * @param todo what is done to each unit
 */
export function handovers(desired: Desired, todo: ReadonlyMap<string, Action>): Handover[] {
  return pairable(desired, todo, ["restart"]).flatMap(({ service, file, sockets }): Handover[] => {
    const kept = sockets.filter((unit) => todo.get(unit) === "none");
    const others = addressesOf(
      desired,
      sockets.filter((unit) => !kept.includes(unit)),
    );
    const text = handoverUnit(file.key, file.content, kept.map(plainName), hostOnlyFamilies(others));
    return text === undefined ? [] : [{ service, standIn: lent(desired, file, service, "handover", text) }];
  });
}

/**
 * The new versions that are tried out: those of services that restart, or that read a new configuration. A proxy's nginx is not tried out
 * in an update that adds or starts another unit, such as its first network or another backend: what nginx needs is not there yet. Then its
 * configuration is checked, but not its start.
 *
 * @param fresh unit files that the host does not have yet
 * @param home the home directory of the account
 */
export function rehearsals(
  desired: Desired,
  todo: ReadonlyMap<string, Action>,
  fresh: readonly string[],
  home: string,
): Rehearsal[] {
  return pairable(desired, todo, ["restart", "reload"]).flatMap(({ service, file, sockets }): Rehearsal[] => {
    const others = [...todo].filter(([unit]) => unit !== service && !sockets.includes(unit));
    // The service may need something that is not there yet: another unit, a network.
    if (others.some(([, action]) => action === "start") || fresh.some((name) => !sockets.includes(name)))
      return [];
    const addresses = addressesOf(desired, sockets);
    // nginx would create the socket's path again, and remove it when it ends (ngx_close_listening_sockets()).
    if (addresses.some(({ family }) => family === "unix")) return [];
    const [moved, hostOnly] = [stagedPaths(desired, file, home), hostOnlyFamilies(addresses)];
    const text = rehearsalUnit(file.key, file.content, moved, hostOnly);
    if (text === undefined) return [];
    const own = lent(desired, file, service, "rehearsal", text);
    const container = `systemd-${stemOf(plainName(own.unit))}`;
    const reachable = new Set(addresses.filter(isReachable).map(toListenStream));
    // A service that it passes requests to may still be the old one.
    const isAlone = others.every(([, action]) => action !== "restart");
    const probes = desired.probes.flatMap(({ listen }, index) =>
      isAlone && reachable.has(toListenStream(probeTarget(listen))) ? [index] : [],
    );
    // `nginx -t` also checks what a start does: without probes, the rehearsal of a reload shows nothing more.
    if (probes.length === 0 && todo.get(service) === "reload") return [];
    return [{ ...own, service, container, probes, key: file.key, moved, hostOnly }];
  });
}

/** Services of which a second instance may run for a while, with their unit files and sockets. */
function pairable(
  desired: Desired,
  todo: ReadonlyMap<string, Action>,
  due: readonly Action[],
): { service: string; file: DesiredFile; sockets: string[] }[] {
  return desired.services.flatMap(({ unit: service, handover }) => {
    const file = desired.files.find(
      ({ unit, content }) => unit !== undefined && madeUnit(unit, content) === service,
    );
    if (!handover || file === undefined || !due.includes(todo.get(service) ?? "none")) return [];
    const sockets = desired.services
      .filter((socket) => isSocket(socket.unit) && triggered(desired, socket) === service)
      .map(({ unit }) => unit);
    return [{ service, file, sockets }];
  });
}

function addressesOf(desired: Desired, sockets: readonly string[]): ListenAddress[] {
  return desired.files
    .filter(({ unit }) => unit !== undefined && sockets.includes(unit))
    .flatMap(({ content, key }) => listens(content, key).map(({ address }) => address));
}

/** The service whose socket a probe asks. */
export function answering(desired: Desired, { listen }: Probe): string | undefined {
  const address = probeTarget(listen);
  const socket = desired.services.find(
    ({ unit }) => isSocket(unit) && addressesOf(desired, [unit]).some((one) => sameAddress(one, address)),
  );
  return socket && triggered(desired, socket);
}

/** The families of the addresses that only the host has. */
function hostOnlyFamilies(addresses: readonly ListenAddress[]): ("ipv4" | "ipv6")[] {
  return (["ipv4", "ipv6"] as const).filter((family) =>
    addresses.some((address) => address.family === family && !isReachable(address)),
  );
}

/** Whether an address exists in another network namespace: the host's own addresses do not. */
function isReachable(address: ListenAddress): boolean {
  return address.family !== "unix" && !isSpecific(address);
}

/**
 * A lent unit. Its file is of the same kind as the service's, and its name is made from the service's:
 * ServiceName= is left out of its text.
 */
function lent(
  desired: Desired,
  { unit = "" }: DesiredFile,
  service: string,
  what: StandIn,
  text: string,
): LentUnit {
  const own = standInName(service, what);
  const fileName = isQuadlet(unit) ? `${stemOf(own)}.container` : own;
  return { unit: own, path: runtimeUnitPath(desired.manager, fileName), text };
}

const standIns = ["handover", "rehearsal"] as const;
type StandIn = (typeof standIns)[number];

function standInName(service: string, what: StandIn): string {
  return `${stemOf(service)}-${what}.service`;
}

/** The units that stand in for a service while it restarts. */
export function standInsOf(unit: string): string[] {
  return kindOf(unit) === "service" ? standIns.map((what) => standInName(unit, what)) : [];
}

/** The service that a unit of this name would stand in for. */
export function standsInFor(unit: string): string[] {
  const what = standIns.find((one) => unit.endsWith(`-${one}.service`));
  return what === undefined ? [] : [`${unit.slice(0, -`-${what}.service`.length)}.service`];
}

/**
 * Path in a unit → where the new files are while they are tried out (stage_files in validate.sh). A directory that a check mounts is staged
 * as a whole. Otherwise only the file is staged, without what else is in its directory.
 */
function stagedPaths(desired: Desired, { unit = "" }: DesiredFile, home: string): Map<string, string> {
  const directories = desired.checks.flatMap(({ mounts }) => Object.keys(mounts));
  const files = desired.files
    .filter(
      ({ unit, path }) =>
        unit === undefined && !directories.some((directory) => path.startsWith(`${directory}/`)),
    )
    .map(({ path }) => path);
  const homes = [
    home.replaceAll("%", "%%"),
    // In a system service "%h" is root's home directory.
    ...(desired.account === undefined || desired.manager === "user" || isAccounts(unit) ? ["%h"] : []),
  ];
  return new Map(
    [...directories, ...files].flatMap((path): [string, string][] => {
      if (!path.startsWith("~/")) return [[path, `@STAGE@${path}`]];
      return homes.map((at) => [`${at}${path.slice(1)}`, `@STAGE@/home${path.slice(1)}`]);
    }),
  );
}
