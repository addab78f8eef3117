import type { Live } from "../facts/facts.ts";

/** How a mimic differs from the running container. */
export interface Difference {
  /** Path on the host → where its new files are staged. */
  moved: ReadonlyMap<string, string>;
  /** Files that are written or removed: each must be below a path of `moved`. */
  touched: readonly string[];
  /** Families of which it binds addresses that only the host has, and not its network namespace. */
  hostOnly: readonly ("ipv4" | "ipv6")[];
  /** Whether this manager may create its own cgroup for it, below that of the transaction. */
  ownCgroup: boolean;
}

type Json = Record<string, unknown>;

/**
 * The OCI configuration of a mimic: a container like the running one, with other files. It has the same image, user, capabilities, seccomp
 * filter and namespaces, but its own network namespace. It writes nothing that the running one reads: its root file system is read-only,
 * with memory where nginx writes.
 *
 * The running container may belong to an account, which can write anything into its configuration. So unknown keys are refused, and so is
 * anything that depends on a cgroup, a user namespace, an SELinux label or a network of podman: a mimic has none of these.
 *
 * @returns undefined if there can be no mimic, or if it would be less confined
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config.md
 */
export function mimicConfig({ runtime, config }: Live, difference: Difference): string | undefined {
  try {
    return JSON.stringify(mimic(object(JSON.parse(config), topKeys), runtime, difference));
  } catch (thrown) {
    // RangeError: nested deeper than JSON.stringify goes.
    if (thrown instanceof Refusal || thrown instanceof SyntaxError || thrown instanceof RangeError)
      return undefined;
    throw thrown;
  }
}

class Refusal extends Error {}

const topKeys = ["ociVersion", "process", "root", "hostname", "mounts", "annotations", "linux"];
const processKeys = [
  ...["terminal", "user", "args", "env", "cwd", "capabilities", "rlimits"],
  ...["noNewPrivileges", "apparmorProfile", "oomScoreAdj"],
];
const linuxKeys = [
  ...["sysctl", "resources", "cgroupsPath", "namespaces", "seccomp", "maskedPaths", "readonlyPaths"],
];
const seccompKeys = ["defaultAction", "defaultErrnoRet", "architectures", "flags", "syscalls"];
const requiredNamespaces = ["pid", "network", "ipc", "uts", "mount"];

function mimic(config: Json, runtime: Live["runtime"], difference: Difference): Json {
  const { ociVersion, hostname } = config;
  // crun's own annotations change how it reads a configuration (crun(1), "Extensions to OCI").
  if (Object.keys(object(config.annotations ?? {})).some((key) => key.startsWith("run.oci."))) refuse();
  const root = object(config.root, ["path", "readonly"]);
  return {
    ociVersion,
    process: processOf(object(config.process, processKeys)),
    root: { ...root, readonly: true },
    hostname,
    mounts: mounts(config.mounts, root.readonly === true, difference),
    linux: linux(object(config.linux, linuxKeys), runtime, difference),
  };
}

/** The mimic gets no socket, and notifies no manager. It gets no new privileges, as the container's unit may have forbidden them. */
function processOf(process: Json): Json {
  if (process.terminal === true) refuse();
  const capabilities = Object.values(object(process.capabilities)).flatMap(list);
  // A container that may create devices is confined by its cgroup, and a mimic is not.
  if (capabilities.includes("CAP_MKNOD") || capabilities.includes("CAP_SYS_ADMIN")) refuse();
  const env = list(process.env).filter((entry) => !/^(NGINX|LISTEN_\w+|NOTIFY_SOCKET)=/.test(String(entry)));
  return { ...process, env, noNewPrivileges: true };
}

function linux(live: Json, runtime: Live["runtime"], { hostOnly, ownCgroup }: Difference): Json {
  const { devices = [], ...limits } = object(live.resources ?? {});
  const noDevice = list(devices).every((rule) => object(rule, ["allow", "access"]).allow === false);
  if (Object.keys(limits).length > 0 || !noDevice) refuse();
  const spaces = list(live.namespaces).map((space) => object(space, ["type"]).type);
  if (requiredNamespaces.some((type) => !spaces.includes(type))) refuse();
  if (spaces.some((type) => type !== "cgroup" && !requiredNamespaces.includes(String(type)))) refuse();
  const { sysctl = {}, seccomp, maskedPaths, readonlyPaths } = live;
  if (seccomp !== undefined) object(seccomp, seccompKeys);
  return {
    resources: live.resources,
    namespaces: live.namespaces,
    seccomp,
    maskedPaths,
    readonlyPaths,
    sysctl: {
      ...object(sysctl),
      // As with a rehearsal: see rehearsalUnit() of units/stand-ins.ts.
      "net.ipv4.ip_unprivileged_port_start": "0",
      ...Object.fromEntries(hostOnly.map((family) => [`net.${family}.ip_nonlocal_bind`, "1"])),
    },
    // crun creates no cgroup (--cgroup-manager=disabled). runc creates one, or none if it may not.
    ...(runtime === "runc" && ownCgroup ? { cgroupsPath: "@CGROUP@/mimic" } : {}),
  };
}

interface Mount {
  destination: string;
  type: string;
  source: string;
  options: string[];
}

const mountTypes = ["proc", "tmpfs", "sysfs", "devpts", "mqueue", "cgroup", "bind"];
/** Files that podman makes for each container, and that the mimic has to share with the running one. */
const shared = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/run/.containerenv"];
/** The directories of podman's --read-only-tmpfs (podman-run(1)), and the one that nginx writes to in addition. */
const written = ["/run", "/tmp", "/var/tmp", "/var/cache/nginx"];
/** Flags of the file system with the staged files, which a user namespace may not remove (mount_namespaces(7)). */
const locked = ["nosuid", "nodev", "noexec"];

function mounts(live: unknown, isReadOnly: boolean, { moved, touched }: Difference): Mount[] {
  const all = list(live).map(readMount);
  const seen = all.map(({ source }) => source).filter((source) => moved.has(source));
  if (touched.some((path) => !seen.some((source) => path === source || path.startsWith(`${source}/`))))
    refuse();
  const own = all.map((mount): Mount => {
    const { destination, source, options } = mount;
    const at = moved.get(source);
    if (at !== undefined) return { ...mount, source: at, options: [...options, ...locked] };
    if (shared.includes(destination)) return { ...mount, options: [...options, "ro", ...locked] };
    return destination === "/dev/shm" && mount.type === "bind"
      ? memory(destination, [...locked, "size=65536k"])
      : mount;
  });
  const missing = isReadOnly
    ? []
    : written.filter((path) => !all.some(({ destination }) => destination === path));
  // These come first, as other mounts may be below them.
  return [...missing.map((path) => memory(path, ["nosuid", "nodev"])), ...own];
}

function memory(destination: string, options: readonly string[]): Mount {
  return { destination, type: "tmpfs", source: "tmpfs", options: [...options, "mode=1777"] };
}

function readMount(value: unknown): Mount {
  const { destination, type, source, options } = object(value, ["destination", "type", "source", "options"]);
  if (typeof destination !== "string" || typeof source !== "string") refuse();
  if (typeof type !== "string" || !mountTypes.includes(type)) refuse();
  const words = list(options).map(String);
  if (words.some((word) => /^r?idmap\b/.test(word))) refuse();
  return { destination, type, source, options: words };
}

/** An object that has no keys but these. */
function object(value: unknown, keys?: readonly string[]): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) refuse();
  if (keys && Object.keys(value).some((key) => !keys.includes(key))) refuse();
  return value as Json;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : refuse();
}

function refuse(): never {
  throw new Refusal();
}
