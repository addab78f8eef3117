import { type ListenAddress, isWildcard } from "../units/nginx/address.ts";
import { isQuadlet } from "../units/names.ts";
import { handoverUnit, rehearsalUnit } from "../units/stand-ins.ts";
import { type Action, isSocket, runs, triggered } from "./changes.ts";
import { type Desired, type DesiredFile, probeTarget, runtimeUnitPath } from "./desired.ts";
import { listens } from "../units/socket-addresses.ts";

/** A unit that is on the host for the time of the transaction only. */
export interface LentUnit {
  unit: string;
  path: string;
  text: string;
}

/** How one service is restarted so that nobody notices. */
export interface Handover {
  service: string;
  /** The new version, tried out in a network namespace of its own; not for a service with unix sockets. */
  rehearsal?: LentUnit & {
    /** The container's name. */
    container: string;
    /** Indices of the probes that can be asked in there. */
    probes: number[];
  };
  /** The new version that shares the sockets meanwhile. */
  standIn: LentUnit;
}

/**
 * The restarts that can be done by rehearsal and handover. Pure, so that a preview says the same.
 *
 * @param todo what is done to each unit
 * @param home the home directory of the account, where it is known
 */
export function handovers(desired: Desired, todo: ReadonlyMap<string, Action>, home = "~"): Handover[] {
  return desired.services.flatMap((service): Handover[] => {
    if (!service.handover || todo.get(service.unit) !== "restart") return [];
    const file = desired.files.find(({ unit }) => unit !== undefined && runs(unit) === service.unit);
    const sockets = desired.services
      .filter((socket) => isSocket(socket.unit) && triggered(desired, socket) === service.unit)
      .map(({ unit }) => unit);
    const kept = sockets.filter((unit) => todo.get(unit) === "none");
    const others = addressesOf(
      desired,
      sockets.filter((unit) => !kept.includes(unit)),
    );
    const text =
      file?.unit !== undefined && handoverUnit(file.unit, file.content, kept, foreignFamilies(others));
    if (!file || !text) return [];
    return [
      {
        service: service.unit,
        standIn: lent(desired, file, "handover", text),
        ...rehearsal(desired, file, addressesOf(desired, sockets), home),
      },
    ];
  });
}

function rehearsal(
  desired: Desired,
  file: DesiredFile,
  addresses: readonly ListenAddress[],
  home: string,
): Pick<Handover, "rehearsal"> {
  // nginx would make the socket's path anew, and remove it at its end (ngx_close_listening_sockets()).
  if (addresses.some(({ family }) => family === "unix")) return {};
  const text = rehearsalUnit(
    file.unit ?? "",
    file.content,
    stagedPaths(desired, home),
    foreignFamilies(addresses),
  );
  if (text === undefined) return {};
  const own = lent(desired, file, "rehearsal", text);
  const probes = desired.probes.flatMap((probe, index) =>
    isReachable(probeTarget(probe.listen)) ? [index] : [],
  );
  return { rehearsal: { ...own, container: `systemd-${own.unit.replace(/\.service$/, "")}`, probes } };
}

function addressesOf(desired: Desired, sockets: readonly string[]): ListenAddress[] {
  return desired.files
    .filter(({ unit }) => unit !== undefined && sockets.includes(unit))
    .flatMap(({ content, key }) => listens(content, key).map(({ address }) => address));
}

/** The families of the addresses that are the host's only. */
function foreignFamilies(addresses: readonly ListenAddress[]): ("ipv4" | "ipv6")[] {
  return (["ipv4", "ipv6"] as const).filter((family) =>
    addresses.some((address) => address.family === family && !isReachable(address)),
  );
}

/** In a network namespace of its own: an address of the host's is none there. */
function isReachable(address: ListenAddress): boolean {
  return address.family !== "unix" && (isWildcard(address) || /^(127\.|::1$)/.test(address.address));
}

function lent(desired: Desired, { unit = "" }: DesiredFile, what: string, text: string): LentUnit {
  const name = unit.replace(/\.[a-z]+$/, "");
  const fileName = `${name}-${what}.${isQuadlet(unit) ? "container" : "service"}`;
  return { unit: runs(fileName), path: runtimeUnitPath(desired.manager, fileName), text };
}

/**
 * Where the new files are while they are tried out, by what a unit calls them: see stage_files in validate.sh. A directory that
 * a check mounts as a whole, else the file alone: what else is in its directory is not staged.
 */
function stagedPaths(desired: Desired, home: string): Map<string, string> {
  const directories = desired.checks.flatMap(({ mounts }) => Object.keys(mounts));
  const files = desired.files
    .filter(
      ({ unit, path }) =>
        unit === undefined && !directories.some((directory) => path.startsWith(`${directory}/`)),
    )
    .map(({ path }) => path);
  const homes = [
    home.replaceAll("%", "%%"),
    ...(desired.account === undefined || desired.manager === "user" ? ["%h"] : []),
  ];
  return new Map(
    [...directories, ...files].flatMap((path): [string, string][] => {
      if (!path.startsWith("~/")) return [[path, `@STAGE@${path}`]];
      return homes.map((at) => [`${at}${path.slice(1)}`, `@STAGE@/home${path.slice(1)}`]);
    }),
  );
}
