import { type ListenAddress, parseListenStream } from "../units/nginx/address.ts";
import { isQuadlet } from "../units/kinds.ts";
import { isAccounts, plainName } from "./account-units.ts";

/** One file as it shall be on the host. */
export interface DesiredFile {
  /** How the user names it: the unit's name, or the key in `files`. */
  key: string;
  /** Absolute, or "~/…" in the home directory of the account. */
  path: string;
  content: string;
  /** Four octal digits. */
  mode: string;
  /** The unit's name, for unit files. "~NAME" for a unit of the account's manager in a set of the host's manager (account-units.ts). */
  unit?: string;
  /** Whether "@UID@" and "@HOME@" in the content are replaced by those of the account (placeholders.ts). */
  placeholders?: boolean;
}

/** One unit as it shall be, named as in {@link DesiredFile.unit}. `reloadOn` and `restartOn` are keys of files. */
export interface DesiredService {
  unit: string;
  active: boolean;
  enabled: boolean;
  reloadOn: string[];
  restartOn: string[];
  handover: boolean;
}

/**
 * When an image is pulled. "kept": never, because the host has kept the image of the previous version (transaction/scripts/versions.sh).
 */
export type PullPolicy = "missing" | "always" | "never" | "kept";

/** Whether the set is a former version that hosts have kept: `quadlet-fleet rollback`. */
export function isRollback({ images = [] }: Partial<Pick<Desired, "images">>): boolean {
  return images.some(({ pull }) => pull === "kept");
}

/** Whether this policy can move an existing tag to another image. */
export function movesTag(pull: PullPolicy): boolean {
  return pull === "always" || pull === "kept";
}

/** A request that must be answered. The fields are those of resources/contract.ts. */
export interface Probe {
  listen: string;
  path: string;
  hostName: string;
  status?: number;
  body?: string;
  address?: string;
  outside?: boolean;
}

/** A command that must succeed in a container with the new files, before anything is swapped. */
export interface ContainerCheck {
  /** The name of the check in errors. */
  name: string;
  image: string;
  command: string[];
  /** Directory of files → its path in the container. */
  mounts: Record<string, string>;
  /** More volumes, as podman writes them; "%h/" is the home directory of the account. */
  volumes: string[];
  /** The service whose rehearsal proves the same. */
  service?: string;
}

/** A whole set as it shall be on one host, under one manager. A set without files is removed. */
export interface Desired {
  name: string;
  /** The owner (the resource's URN), which the set's mark on the host names. */
  owner: string;
  /** Former owners whose mark also counts as the set's own: for example the URN in the state from before a stack was renamed. */
  formerOwners: string[];
  manager: "system" | "user";
  /** The account whose manager it is. With the system manager: the account that the services run as. */
  account?: string;
  /** For a delete: the account no longer exists, nor does its home directory ("~/"). */
  accountIsGone?: boolean;
  /** Create the account if it does not exist. It is removed with the last set that asked for it. */
  createUser: boolean;
  linger: boolean;
  files: DesiredFile[];
  services: DesiredService[];
  images: { reference: string; pull: PullPolicy }[];
  /** Paths whose content is or was a secret: no copy of them is kept. */
  secrets: string[];
  registries: Record<string, { username: string; password: string }>;
  checks: ContainerCheck[];
  probes: Probe[];
  adopt: boolean;
  /** What the host keeps of this version, to go back to it after the next one. Left out: nothing is kept. */
  version?: string;
  /** The previous version has something in clear text that is a secret now, so the host does not keep that version. */
  forgetsFormer?: boolean;
  /** What the set has under its former manager or account, and loses in the same change. */
  former?: Former;
}

/** The parts of a set under its former manager or account that could be in the way. They are gone when this set is activated. */
export interface Former {
  addresses: ListenAddress[];
  /** Its files. This set may have the same ones. */
  paths: string[];
  units: string[];
}

const directories = {
  system: { quadlet: "/etc/containers/systemd", unit: "/etc/systemd/system" },
  user: { quadlet: "~/.config/containers/systemd", unit: "~/.config/systemd/user" },
};

/** The fields that say which managers a set has units in. */
type Managers = Pick<Desired, "manager" | "account">;

/** Where a manager looks for a unit (podman-systemd.unit(5), systemd.unit(5)). */
export function unitPath(manager: Desired["manager"], unit: string): string {
  return `${directories[isAccounts(unit) ? "user" : manager][directoryKind(unit)]}/${plainName(unit)}`;
}

/** All directories in which the managers of a set look for units. */
export function unitDirectories({ manager, account }: Managers): string[] {
  const managers = manager === "system" && account !== undefined ? [manager, "user" as const] : [manager];
  return managers.flatMap((one) => Object.values(directories[one]));
}

/** Quadlets have their own directory, which podman's generator reads. */
function directoryKind(unit: string): "quadlet" | "unit" {
  return isQuadlet(unit) ? "quadlet" : "unit";
}

/** The unit's name for a path in one of the unit directories, else undefined. */
export function unitAt(managers: Managers, path: string): string | undefined {
  const at = path.lastIndexOf("/");
  const [directory, name] = [path.slice(0, at), path.slice(at + 1)];
  if (!unitDirectories(managers).includes(directory)) return undefined;
  return managers.manager === "system" && directory.startsWith("~/") ? `~${name}` : name;
}

/**
 * Where a manager looks for a unit that exists only until the next boot (podman-systemd.unit(5), systemd.unit(5)). "%t/" is the manager's
 * runtime directory, "~%t/" that of the account's manager in a set of the host's manager.
 */
export function runtimeUnitPath(manager: Desired["manager"], unit: string): string {
  const name = plainName(unit);
  const [root, of] = isAccounts(unit) ? ["~%t", "user"] : ["%t", manager];
  return { quadlet: `${root}/containers/systemd/${name}`, unit: `${root}/systemd/${of}/${name}` }[
    directoryKind(unit)
  ];
}

/** The address that a probe asks, which a socket listens on. The inputs were checked, so `listen` is a valid address. */
export function probeTarget(listen: string): ListenAddress {
  return parseListenStream(listen);
}
