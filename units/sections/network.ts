import type { KeySpecs, Many, Variables } from "../section.ts";

/**
 * `[Network]` of a .network file. The network is made once: a change here does not reach one that is there already.
 *
 * @see podman-systemd.unit(5), "Network units [Network]"; podman-network-create(1)
 */
export interface NetworkSection {
  /** The network's name. Default: "systemd-" and the file's name. */
  networkName?: string;
  /** How the network is made: "bridge", "macvlan", "ipvlan". Default: "bridge". */
  driver?: string;
  /** Whether it is cut off from the outside. Default: false. */
  internal?: boolean;
  /** Whether it has IPv6 too. Default: false. */
  ipv6?: boolean;
  /** Its addresses: "10.89.0.0/24". Default: podman chooses. */
  subnet?: Many;
  /** The host's own address in each subnet. Default: its first. */
  gateway?: Many;
  /** The part of each subnet that containers get addresses from. Default: all. */
  ipRange?: Many;
  /** Who gives out addresses: "host-local", "dhcp", "none". Default: the driver's. */
  ipamDriver?: "host-local" | "dhcp" | "none";
  /** Name servers for its containers. Default: the host's. */
  dns?: Many;
  /** Whether containers can't find each other by name. Default: false. */
  disableDNS?: boolean;
  /** The bridge's name on the host, or with "macvlan" and "ipvlan" the interface below. Default: podman chooses. */
  interfaceName?: string;
  /** Options of the driver: { mtu: "1400" }. Default: none. */
  options?: Variables;
  /** Labels, as they are given. Default: none. */
  label?: Variables;
  /** Whether the network is removed when its service stops. Default: false. */
  networkDeleteOnStop?: boolean;
  /** Options of podman itself; each text is split into words. Default: none. */
  globalArgs?: Many;
  /** Further options of "podman network create"; each text is split into words. Default: none. */
  podmanArgs?: Many;
}

export const networkKeys = {
  networkName: { directive: "NetworkName", kind: "value", since: "4.7" },
  driver: { directive: "Driver", kind: "value" },
  internal: { directive: "Internal", kind: "value" },
  ipv6: { directive: "IPv6", kind: "value" },
  subnet: { directive: "Subnet", kind: "repeated" },
  gateway: { directive: "Gateway", kind: "repeated" },
  ipRange: { directive: "IPRange", kind: "repeated" },
  ipamDriver: { directive: "IPAMDriver", kind: "value" },
  dns: { directive: "DNS", kind: "repeated", since: "4.7" },
  disableDNS: { directive: "DisableDNS", kind: "value" },
  interfaceName: { directive: "InterfaceName", kind: "value", since: "5.6" },
  options: { directive: "Options", kind: "labels" },
  label: { directive: "Label", kind: "labels" },
  networkDeleteOnStop: { directive: "NetworkDeleteOnStop", kind: "value", since: "5.5" },
  globalArgs: { directive: "GlobalArgs", kind: "repeated", since: "4.8" },
  podmanArgs: { directive: "PodmanArgs", kind: "repeated", since: "4.6" },
} as const satisfies KeySpecs<NetworkSection>;
