import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  bridgeName,
  cgroupDirectory,
  dataDirectory,
  entries,
  namespaceName,
  readState,
  releaseSubnets,
  stateDirectory,
} from "./layout.ts";

/**
 * Removes a fleet: every process, mount, namespace, interface and file, whatever state it is in. Synchronous, so that it
 * can run while a process exits. A clean shutdown of the hosts would wait up to 90 s for each user@UID.service.
 */
export function removeFleet(fleet: string): void {
  const data = readState(fleet)?.data ?? dataDirectory(fleet);
  killCgroup(cgroupDirectory(fleet));
  for (const mount of mountsUnder(data)) {
    const { dev, ino } = statSync(mount);
    rmSync(`/run/systemd/nspawn/locks/inode-${dev}:${ino}`, { force: true });
    command("umount", mount);
  }
  const bridge = join("/sys/class/net", bridgeName(fleet));
  // A namespace and its end of the cable stay for minutes if a connection has data that was not acknowledged (tcp(7),
  // tcp_orphan_retries).
  for (const cable of entries(join(bridge, "brif"))) command("ip", "link", "delete", cable);
  for (const name of entries("/run/netns")) {
    if (name.startsWith(namespaceName(fleet, ""))) command("ip", "netns", "delete", name);
  }
  if (existsSync(bridge)) command("ip", "link", "delete", bridgeName(fleet));
  // The directories that systemd-nspawn keeps for each machine, by the name of the host.
  for (const kind of ["propagate", "unix-export"]) {
    const directory = join("/run/systemd/nspawn", kind);
    for (const name of entries(directory)) {
      if (name.startsWith(`${fleet}-`)) rmSync(join(directory, name), { recursive: true });
    }
  }
  rmSync(data, { recursive: true, force: true });
  releaseSubnets(fleet);
  rmSync(stateDirectory(fleet), { recursive: true, force: true });
}

/** Kills every process of a cgroup and those below, at once (cgroups(7), cgroup.kill), and removes them. */
export function killCgroup(directory: string): void {
  if (!existsSync(directory)) return;
  writeFileSync(join(directory, "cgroup.kill"), "1");
  const deadline = Date.now() + 10_000;
  while (/^populated 1$/m.test(readFileSync(join(directory, "cgroup.events"), "utf8"))) {
    if (Date.now() > deadline)
      throw new Error(`Processes of ${directory} did not end within 10 s of SIGKILL`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
  removeCgroup(directory);
}

function removeCgroup(directory: string): void {
  for (const entry of entries(directory)) {
    const path = join(directory, entry);
    if (existsSync(join(path, "cgroup.procs"))) removeCgroup(path);
  }
  rmdirSync(directory);
}

/** Mount points at or below a directory, innermost first. */
function mountsUnder(directory: string): string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .flatMap((line) => line.split(" ")[1] ?? [])
    .filter((mount) => `${mount}/`.startsWith(`${directory}/`))
    .reverse();
}

function command(...argv: [string, ...string[]]): void {
  const [file, ...rest] = argv;
  const { status, stderr, error } = spawnSync(file, rest, { encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) throw new Error(`${argv.join(" ")}: ${stderr.trimEnd()}`);
}
