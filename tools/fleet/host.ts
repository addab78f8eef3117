import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ExecuteOptions, type Output, execute } from "../execute.ts";
import { inCgroup, startDaemon } from "./daemon.ts";
import { cgroupDirectory, namespaceName } from "./layout.ts";
import { connect, disconnect, setCable } from "./network.ts";
import { killCgroup } from "./remove.ts";
import { parseSnapshot, snapshotScript } from "./snapshot.ts";
import { listens } from "./wait.ts";

interface RunOptions extends ExecuteOptions {
  /** The account that runs it, with the environment of a login: HOME, XDG_RUNTIME_DIR, the session bus. Default: root. */
  readonly user?: string;
}

/** One machine of a fleet: systemd, podman and sshd, in a container that is as similar to a real host as possible. */
export interface TestHost {
  /** Also its host name: `FLEET-1`. */
  readonly name: string;
  readonly address: string;
  /** As in a known-hosts file: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  /** Runs a command on the host, without SSH. Rejects when it fails, unless `check` is false. */
  run(argv: readonly string[], options?: RunOptions): Promise<Output>;
  /** The same with a shell script. */
  sh(script: string, options?: RunOptions): Promise<Output>;
  read(path: string): Promise<string>;
  /** Writes a file, and makes its directory. Default: mode 0644, of root. */
  write(path: string, content: string | Buffer, options?: { mode?: string; user?: string }): Promise<void>;
  /**
   * The files at and below these paths: path → `TYPE MODE UID:GID SHA256`. A link has its target in place of the digest, a directory
   * has nothing there. A path that does not exist is not in the map.
   * @example (await host.snapshot(["/etc/hosts"])).get("/etc/hosts") // "f 0644 0:0 53b3…"
   */
  snapshot(paths: readonly string[]): Promise<Map<string, string>>;
  /** Ends every process at once, like a power cut. The files stay. */
  powerLoss(): Promise<void>;
  /** Starts it (again) and waits until it is up: sshd answers and systemd has started everything. */
  boot(): Promise<void>;
  /** Pulls the network cable out. */
  unplug(): Promise<void>;
  plug(): Promise<void>;
}

/** A host as the fleet's state has it, and its fleet. */
export interface HostPlace {
  readonly fleet: string;
  /** The fleet's file systems. */
  readonly data: string;
  readonly subnet: number;
  /** From 1. */
  readonly number: number;
  readonly name: string;
  readonly address: string;
  readonly hostKey: string;
}

export function openHost(place: HostPlace): TestHost {
  const { fleet, subnet, name, address, hostKey } = place;
  const member = String(place.number);
  const cgroup = join(cgroupDirectory(fleet), name);
  // systemd-nspawn makes "payload" the container's root; systemd moves itself to init.scope and is alone there.
  const initProcs = join(cgroup, "payload/init.scope/cgroup.procs");
  const commands = join(cgroup, "payload/commands");

  function inside(argv: readonly string[], user: string): string[] {
    const processes = existsSync(initProcs) ? readFileSync(initProcs, "utf8").trim().split("\n") : [];
    // systemd's own helpers are there for a moment, too.
    const init = processes.find(isInit);
    if (!init) throw new Error(`${name} is not running`);
    mkdirSync(commands, { recursive: true });
    const enter = ["nsenter", "--all", "--target", init, ...as(user), "bash", "-c", login, "bash", ...argv];
    return inCgroup(commands, enter);
  }

  const host: TestHost = {
    name,
    address,
    hostKey,
    run: async (argv, { user = "root", ...options } = {}) =>
      execute(inside(argv, user), { title: `${user}@${name}: ${argv.join(" ")}`, ...options }),
    sh: (script, options) => host.run(["sh", "-c", script], options),
    read: async (path) => (await host.run(["cat", path])).stdout,
    async write(path, content, { mode = "0644", user = "root" } = {}) {
      const script = 'mkdir -p "$(dirname "$0")" && cat >"$0" && chmod "$1" "$0"';
      await host.run(["sh", "-c", script, path, mode], { user, input: content });
    },
    async snapshot(paths) {
      return parseSnapshot((await host.run(["bash", "-c", snapshotScript, "bash", ...paths])).stdout);
    },
    async powerLoss() {
      killCgroup(cgroup);
      // This also removes the interfaces and rules that were made inside.
      await disconnect(fleet, subnet, member);
    },
    async boot() {
      await connect(fleet, subnet, member, address);
      startContainer(place, cgroup);
      await listens(address, 22);
      // "degraded" is fine: systemd-modules-load.service fails in a container.
      await host.run(["systemctl", "is-system-running", "--wait"], { check: false });
    },
    unplug: () => setCable(subnet, member, "down"),
    plug: () => setCable(subnet, member, "up"),
  };
  return host;
}

/** Whether a process is PID 1 of its innermost namespace (proc_pid_status(5), NSpid). */
function isInit(pid: string): boolean {
  try {
    return /^NSpid:.*\s1$/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** The environment of a login. bash finds the home directory of an account by itself if HOME is not set. */
const login = `export HOME=~ USER="$(id -un)" XDG_RUNTIME_DIR="/run/user/$UID"
export LOGNAME="$USER" DBUS_SESSION_BUS_ADDRESS="unix:path=$XDG_RUNTIME_DIR/bus"
cd && unset OLDPWD && exec "$@"`;

function as(user: string): string[] {
  const environment = [
    "env",
    "-i",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG=C.UTF-8",
  ];
  return user === "root" ? environment : ["runuser", "--user", user, "--", ...environment];
}

function startContainer(place: HostPlace, cgroup: string): void {
  const { fleet, number, name } = place;
  const data = join(place.data, name);
  const nspawn = [
    "systemd-nspawn",
    "--quiet",
    "--boot",
    "--register=no",
    "--keep-unit",
    `--machine=${name}`,
    `--directory=${join(data, "root")}`,
    `--network-namespace-path=/run/netns/${namespaceName(fleet, String(number))}`,
    "--capability=all",
    "--private-users=no",
    "--system-call-filter=@keyring bpf",
    "--bind=/dev/fuse",
    "--bind=/dev/net/tun",
    // Overlays can't be stacked: podman's storage must be on a real file system, as it is on a real host.
    `--bind=${join(data, "containers")}:/var/lib/containers`,
    `--bind=${join(data, "home")}:/home`,
    // No DNS server can be reached: this way a lookup fails at once.
    "--resolv-conf=off",
    "--timezone=off",
    "--link-journal=no",
  ];
  // In its own cgroup: without one, all hosts would share the cgroup "payload".
  startDaemon(cgroup, nspawn, join(data, "console"), {
    SYSTEMD_NSPAWN_API_VFS_WRITABLE: "1",
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1",
  });
}
