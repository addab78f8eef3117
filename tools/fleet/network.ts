import { execute } from "../execute.ts";
import { bridgeName, namespaceName, subnetAddress } from "./layout.ts";

/** A bridge on this machine, which has the subnet's first address itself. */
export async function createBridge(fleet: string, subnet: number): Promise<void> {
  const bridge = bridgeName(fleet);
  // Without spanning tree a port forwards at once (ip-link(8), bridge).
  await ip(
    [],
    [
      `link add ${bridge} type bridge stp_state 0 forward_delay 0`,
      `address add ${subnetAddress(subnet, 1)}/24 dev ${bridge}`,
      `link set ${bridge} up`,
    ],
  );
}

/** Makes a network namespace with a cable to the bridge. It has its own address, and no way out of the subnet. */
export async function connect(fleet: string, subnet: number, member: string, address: string): Promise<void> {
  const namespace = namespaceName(fleet, member);
  const cable = cableName(subnet, member);
  await ip(
    [],
    [
      `netns add ${namespace}`,
      `link add ${cable} type veth peer name host0 address ${macAddress(address)} netns ${namespace}`,
      `link set ${cable} master ${bridgeName(fleet)} alias ${namespace} up`,
    ],
  );
  await ip(
    ["-netns", namespace],
    [
      `address add ${address}/24 dev host0`,
      "link set lo up",
      "link set host0 up",
      `route add default via ${subnetAddress(subnet, 1)}`,
    ],
  );
}

/** Removes the namespace, and with it the cable and every interface that was made inside. */
export async function disconnect(fleet: string, subnet: number, member: string): Promise<void> {
  // The interfaces of a deleted namespace disappear a little later, but the name of the cable must be free at once.
  await ip([], [`link delete ${cableName(subnet, member)}`, `netns delete ${namespaceName(fleet, member)}`]);
}

/** Pulls the cable out, or puts it back. */
export async function setCable(subnet: number, member: string, state: "up" | "down"): Promise<void> {
  await execute(["ip", "link", "set", cableName(subnet, member), state]);
}

/** The same after a reboot, as with a real network card: other hosts still know the address by this one. */
const macAddress = (address: string) =>
  ["02", "51", ...address.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"))].join(":");

const cableName = (subnet: number, member: string) => `qf${subnet}-${member}`;

async function ip(options: readonly string[], commands: readonly string[]): Promise<void> {
  await execute(["ip", ...options, "-batch", "-"], { input: commands.join("\n") });
}
