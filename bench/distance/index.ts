import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execute } from "../../tools/execute.ts";
import type { Fleet } from "../../tools/fleet/index.ts";
import { bridgeName } from "../../tools/fleet/layout.ts";

/** `delay`: milliseconds there and back. `loss`: percent of the packets in each direction. */
export interface Line {
  readonly delay: number;
  readonly loss: number;
}
export const line: Line = { delay: 80, loss: 5 };

const [near, far] = ["qf-near", "qf-far"] as const;

/** The hosts as the contestants reach them. */
export interface Way extends Disposable {
  readonly fleet: Fleet;
}

/**
 * The same hosts by other addresses, behind a long line that loses packets. The registry stays beside the hosts.
 *
 * @param work a directory for its known_hosts
 */
export async function farAway(fleet: Fleet, name: string, work: string, how = line): Promise<Way> {
  const relay = await startLine(how);
  await execute(["ip", "-batch", "-"], {
    input: [
      `link set ${near} master ${bridgeName(name)} up`,
      `address add ${farAddress(fleet.gateway)}/24 dev ${far}`,
      `link set ${far} up`,
    ].join("\n"),
  });
  // Each interface answers only for its own address (Linux, Documentation/networking/ip-sysctl.rst): else the short way would be used.
  for (const one of [bridgeName(name), far]) writeFileSync(`/proc/sys/net/ipv4/conf/${one}/arp_ignore`, "1");
  const hosts = fleet.hosts.map((host) => ({ ...host, address: farAddress(host.address) }));
  await Promise.all(
    hosts.map((host) => host.run(["ip", "address", "add", `${host.address}/24`, "dev", "host0"])),
  );
  const knownHostsFile = join(work, "known_hosts");
  writeFileSync(knownHostsFile, hosts.map(({ address, hostKey }) => `${address} ${hostKey}\n`).join(""));
  return { fleet: { ...fleet, hosts, knownHostsFile }, [Symbol.dispose]: () => void relay.kill() };
}

/** The addresses in tools/fleet/layout.ts begin with 10.231. */
const farAddress = (address: string) => address.replace(/^10\.231\./, "10.232.");

async function startLine({ delay, loss }: Line): Promise<ChildProcess> {
  const script = join(import.meta.dirname, "line.py");
  const argv = [script, near, far, String(delay / 2), String(loss)];
  const child = spawn("python3", argv, { stdio: ["pipe", "pipe", "inherit"] });
  // line.py writes a word when both interfaces are there, and exits if it can't make one.
  const [said] = (await Promise.race([once(child.stdout, "data"), once(child, "exit")])) as unknown[];
  if (!Buffer.isBuffer(said)) throw new Error("line.py did not start");
  return child;
}
