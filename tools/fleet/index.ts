import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cached } from "../cache.ts";
import { type ExecuteOptions, type Output, execute } from "../execute.ts";
import { isRunning, keepAtExit, removeAtExit } from "./exit.ts";
import { type TestHost, openHost } from "./host.ts";
import {
  type FleetState,
  cgroupDirectory,
  claimSubnet,
  dataDirectory,
  fleetName,
  namespaceName,
  readState,
  stateDirectory,
  subnetAddress,
  writeState,
} from "./layout.ts";
import { connect, createBridge } from "./network.ts";
import { prepareHost } from "./prepare.ts";
import { startRegistries } from "./registry.ts";
import { removeFleet } from "./remove.ts";

export type { TestHost } from "./host.ts";

/** Throwaway hosts on their own network. This machine can reach them, and they can reach nothing else. */
export interface Fleet extends AsyncDisposable {
  readonly hosts: TestHost[];
  /** Path of a private key that logs in as root, test and deploy. */
  readonly identityFile: string;
  readonly knownHostsFile: string;
  /** This machine's address on the hosts' network. The registry is there: see registry.ts. */
  readonly gateway: string;
  /** The address that requests of `client` come from. */
  readonly clientAddress: string;
  /** Runs a command of this machine in a separate network namespace, for requests "from another address". */
  client(argv: readonly string[], options?: ExecuteOptions): Promise<Output>;
  /** Removes the fleet; with `attach` does nothing. */
  dispose(): Promise<void>;
}

export interface FleetOptions {
  /** A letter, then letters and digits, 12 at most. */
  readonly name: string;
  readonly hosts: number;
  /** Whether account `test` lingers (loginctl(1)); root and deploy always do. Default: true. */
  readonly linger?: boolean;
  /** Whether there is a registry with the stand-in images (registry.ts). Default: true. */
  readonly registry?: boolean;
  /** Join the fleet of that name if it runs already, and leave it running at the end. Default: false. */
  readonly attach?: boolean;
}

/**
 * Boots a fleet: about 2 s for one host, some seconds for ten.
 *
 * It is removed by dispose, and when this process ends, also by an exception or a signal.
 *
 * @throws Error when a live process has a fleet of this name, a part of the set-up is missing, or a host does not come up.
 * @example
 * await using fleet = await createFleet({ name: "pull", hosts: 1 });
 * await fleet.hosts[0]!.run(["podman", "pull", "docker.io/library/nginx:latest"]);
 */
export async function createFleet(options: FleetOptions): Promise<Fleet> {
  const { name, hosts: count, linger = true, registry = true, attach = false } = options;
  if (!fleetName.test(name))
    throw new Error(`"${name}" is no fleet name: a letter, then letters and digits, 12 at most`);
  if (process.getuid?.() !== 0) throw new Error("Test hosts need root");
  const existing = readState(name);
  if (existing) {
    const { owner, hosts } = existing;
    if (attach && hosts.length > 0 && (owner === 0 || isRunning(owner))) return open(existing, attach);
    if (owner === 0)
      throw new Error(`Fleet "${name}" runs already. Remove it with: node tools/fleet/cli.ts down ${name}`);
    if (isRunning(owner)) throw new Error(`Fleet "${name}" is in use by process ${owner}`);
  }
  removeFleet(name);
  removeAtExit(name);
  try {
    const fleet = await build(name, count, { linger, registry, attach });
    if (attach) keepAtExit(name);
    return fleet;
  } catch (error) {
    removeFleet(name);
    throw error;
  }
}

async function build(
  name: string,
  count: number,
  options: Required<Omit<FleetOptions, "name" | "hosts">>,
): Promise<Fleet> {
  const base = cached("base");
  mkdirSync(stateDirectory(name), { recursive: true });
  const data = dataDirectory(name);
  mkdirSync(data, { recursive: true });
  mkdirSync(cgroupDirectory(name), { recursive: true });
  const subnet = claimSubnet(name);
  writeState({ name, owner: process.pid, data, subnet, hosts: [] });
  allowWatches();
  const identityFile = join(data, "identity");
  await Promise.all([
    execute(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", identityFile]),
    createBridge(name, subnet),
  ]);
  const authorizedKey = readFileSync(`${identityFile}.pub`, "utf8");
  const hosts = await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const host = { name: `${name}-${at + 1}`, address: subnetAddress(subnet, 11 + at) };
      const hostKey = await prepareHost({
        base,
        data,
        subnet,
        authorizedKey,
        linger: options.linger,
        ...host,
      });
      return { ...host, hostKey };
    }),
  );
  writeFileSync(
    join(data, "known_hosts"),
    hosts.map(({ address, hostKey }) => `${address} ${hostKey}\n`).join(""),
  );
  const state: FleetState = { name, owner: options.attach ? 0 : process.pid, data, subnet, hosts };
  const fleet = open(state, options.attach);
  await Promise.all([
    connect(name, subnet, "client", fleet.clientAddress),
    options.registry ? startRegistries(name, fleet.gateway) : undefined,
    bootAll(fleet.hosts),
  ]);
  writeState(state);
  return fleet;
}

const atOnce = 20;

/** Boots a few hosts at a time: if a hundred boot at once, each takes longer than boot() waits. */
async function bootAll(hosts: readonly TestHost[]): Promise<void> {
  for (let at = 0; at < hosts.length; at += atOnce)
    await Promise.all(hosts.slice(at, at + atOnce).map((host) => host.boot()));
}

function open(state: FleetState, attach: boolean): Fleet {
  const { name, data, subnet } = state;
  const dispose = () => {
    if (!attach) {
      removeFleet(name);
      keepAtExit(name);
    }
    return Promise.resolve();
  };
  return {
    hosts: state.hosts.map((host, at) => openHost({ fleet: name, data, subnet, number: at + 1, ...host })),
    identityFile: join(data, "identity"),
    knownHostsFile: join(data, "known_hosts"),
    gateway: subnetAddress(subnet, 1),
    clientAddress: subnetAddress(subnet, 2),
    client: (argv, options) =>
      execute(["ip", "netns", "exec", namespaceName(name, "client"), ...argv], options),
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

/** Each host has some inotify instances; the default of 128 is enough for about three hosts (inotify(7)). */
function allowWatches(): void {
  const limit = "/proc/sys/fs/inotify/max_user_instances";
  if (Number(readFileSync(limit, "utf8")) < 8192) writeFileSync(limit, "8192");
}
