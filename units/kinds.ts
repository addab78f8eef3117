/** What the code has to know about a kind of unit file. A new kind gets a line in {@link kinds}, and the compiler asks for all of it. */
interface UnitKind {
  /** The section that only this kind has. */
  section?: string;
  /** For a quadlet, which podman's generator reads: the text after NAME in the name of the generated service. */
  generates?: string;
  /**
   * What podman runs for it: one container, a pod, what a .kube's YAML lists, or what the commands of a service start. Left out if podman
   * runs nothing that keeps running.
   */
  runs?: "container" | "pod" | "kube" | "commands";
  /** The key with the name of the network that it creates. */
  namesNetwork?: string;
}

/**
 * Every kind of unit file, by its suffix.
 *
 * @see podman-systemd.unit(5); systemd.unit(5), "Description"
 */
const kinds = {
  container: { section: "Container", generates: "", runs: "container" },
  kube: { section: "Kube", generates: "", runs: "kube" },
  network: { section: "Network", generates: "-network", namesNetwork: "NetworkName" },
  volume: { section: "Volume", generates: "-volume" },
  image: { section: "Image", generates: "-image" },
  build: { section: "Build", generates: "-build" },
  pod: { section: "Pod", generates: "-pod", runs: "pod" },
  artifact: { section: "Artifact", generates: "-artifact" },
  service: { section: "Service", runs: "commands" },
  socket: { section: "Socket" },
  device: {},
  mount: { section: "Mount" },
  automount: { section: "Automount" },
  swap: { section: "Swap" },
  target: {},
  path: { section: "Path" },
  timer: { section: "Timer" },
  slice: { section: "Slice" },
  scope: { section: "Scope" },
} as const satisfies Record<string, UnitKind>;

export type Kind = keyof typeof kinds;

/** The kinds that podman's generator reads. */
export type QuadletKind = { [K in Kind]: (typeof kinds)[K] extends { generates: string } ? K : never }[Kind];

/** The sections that only one kind of quadlet has. */
export type QuadletSectionName = (typeof kinds)[QuadletKind]["section"];

export const allKinds = Object.keys(kinds) as Kind[];

/** The kinds of quadlets. */
export const quadletKinds = allKinds.filter((kind) => factsOf(kind).generates !== undefined) as QuadletKind[];

/** What is known about a kind. */
export function factsOf(kind: Kind): UnitKind {
  return kinds[kind];
}

/**
 * The kind of a unit file, by its suffix.
 *
 * @returns undefined for another suffix, and if nothing precedes the suffix
 * @example kindOf("web.container") // "container"
 */
export function kindOf(fileName: string): Kind | undefined {
  const dot = fileName.lastIndexOf(".");
  const suffix = fileName.slice(dot + 1);
  return dot > 0 && Object.hasOwn(kinds, suffix) ? (suffix as Kind) : undefined;
}

/** A unit's name without the suffix of its kind: "web" for "web.socket". */
export function stemOf(fileName: string): string {
  const kind = kindOf(fileName);
  return kind === undefined ? fileName : fileName.slice(0, -kind.length - 1);
}

/** Whether podman's generator reads this file (podman-systemd.unit(5)), and not systemd itself. */
export function isQuadlet(fileName: string): boolean {
  const kind = kindOf(fileName);
  return kind !== undefined && factsOf(kind).generates !== undefined;
}

export function isSocket(fileName: string): boolean {
  return kindOf(fileName) === "socket";
}

/** Whether its unit answers requests, or may do so. The units of networks, volumes and images don't: they only serve other units. */
export function serves(fileName: string): boolean {
  const kind = kindOf(fileName);
  return kind !== undefined && (kind === "socket" || factsOf(kind).runs !== undefined);
}

/** Whether only its instances are units that run (systemd.unit(5)). */
export function isTemplate(fileName: string): boolean {
  return kindOf(fileName) !== undefined && stemOf(fileName).endsWith("@");
}
