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
  /** For unit files: the name; "~NAME" where the account's manager has it in a set of the host's (account-units.ts). */
  unit?: string;
  /** Whether "@UID@" and "@HOME@" in it are the account's: see placeholders.ts. */
  placeholders?: boolean;
}

/** One unit as it shall be, by the name that {@link DesiredFile.unit} would have. `reloadOn` and `restartOn` are keys of files. */
export interface DesiredService {
  unit: string;
  active: boolean;
  enabled: boolean;
  reloadOn: string[];
  restartOn: string[];
  handover: boolean;
}

/** When an image is pulled. "kept": never, it is what the version before has left on the host (transaction/scripts/versions.sh). */
export type PullPolicy = "missing" | "always" | "never" | "kept";

/** Whether a name that is there may stand for another image afterwards. */
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
  /** How errors call it. */
  name: string;
  image: string;
  command: string[];
  /** Directory of files → where the container sees it. */
  mounts: Record<string, string>;
  /** More volumes, as podman writes them; "%h/" is the home directory of the account. */
  volumes: string[];
  /** The service of which a rehearsal shows the same. */
  service?: string;
}

/** A whole set as it shall be on one host, under one manager. Without files: gone. */
export interface Desired {
  name: string;
  /** Who it belongs to (the resource's URN): its mark on the host. */
  owner: string;
  /** Marks that are its own as well: the URN that the state has, from before a stack was renamed, say. */
  formerOwners: string[];
  manager: "system" | "user";
  /** Whose manager it is; with the system's, the account that the services run as. */
  account?: string;
  /** The account is not there any more, nor is what it had ("~/"). For a delete. */
  accountIsGone?: boolean;
  /** Make the account where it is not there. It goes with the last set that has asked for it. */
  createUser: boolean;
  linger: boolean;
  files: DesiredFile[];
  services: DesiredService[];
  images: { reference: string; pull: PullPolicy }[];
  /** Paths whose content is a secret, now or before: no copy of them is kept. */
  secrets: string[];
  registries: Record<string, { username: string; password: string }>;
  checks: ContainerCheck[];
  probes: Probe[];
  adopt: boolean;
  /** What the host keeps of this version, to go back to it after the next one. Left out: nothing. */
  version?: string;
  /** The version before has something in clear that is a secret now: the host does not keep it. */
  forgetsFormer?: boolean;
  /** What the set has had of another manager or account, and loses there at the same time. */
  former?: Former;
}

/** A set under its former manager or account, as far as it would be in the way. It is gone when this one is activated. */
export interface Former {
  addresses: ListenAddress[];
  /** Its files, which this one may have as well. */
  paths: string[];
  units: string[];
}

const directories = {
  system: { quadlet: "/etc/containers/systemd", unit: "/etc/systemd/system" },
  user: { quadlet: "~/.config/containers/systemd", unit: "~/.config/systemd/user" },
};

/** Which managers a set has to do with. */
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

/** podman's generator reads quadlets, from a directory of its own. */
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
 * Where a manager looks for a unit that is there until the next boot only (podman-systemd.unit(5), systemd.unit(5)). "%t/" is
 * the manager's runtime directory, "~%t/" that of the account's manager in a set of the host's.
 */
export function runtimeUnitPath(manager: Desired["manager"], unit: string): string {
  const name = plainName(unit);
  const [root, of] = isAccounts(unit) ? ["~%t", "user"] : ["%t", manager];
  return { quadlet: `${root}/containers/systemd/${name}`, unit: `${root}/systemd/${of}/${name}` }[
    directoryKind(unit)
  ];
}

/** What a probe asks: the address that a socket listens on. The inputs are checked, so it is one. */
export function probeTarget(listen: string): ListenAddress {
  return parseListenStream(listen);
}
