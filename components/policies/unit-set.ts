import type { UnitSetInputs } from "../../resources/contract.ts";
import { type Kind, kindOf } from "../../units/kinds.ts";
import { madeUnit } from "../../units/made.ts";
import {
  type ListenAddress,
  isLocal,
  parseListenStream,
  sameAddress,
  toListenStream,
} from "../../units/nginx/address.ts";
import { CONF_D } from "../../units/nginx/include.ts";
import { type NginxFile, findListens } from "../../units/nginx/listens.ts";
import { optionValues, podmanArgs, podmanRuns } from "../../units/podman-run.ts";
import { listens } from "../../units/socket-addresses.ts";
import { valueOf, valuesOf } from "../../units/values.ts";
import { type Serves, servesOn } from "./serves.ts";

/** What a policy may want to know of a `UnitSet`. */
export interface UnitSetContent {
  /** Every image that its units and checks name, with its registry. */
  readonly images: readonly string[];
  readonly containers: readonly Container[];
  /** The TCP addresses that other machines reach. */
  readonly listeners: readonly Listener[];
}

/** A container that runs as a service. */
export interface Container {
  /** Its unit, as in "www.container". */
  readonly unit: string;
  /**
   * As `hardened` makes it: no new privileges, and for nginx a read-only root and no capabilities besides those that it is
   * given.
   */
  readonly isHardened: boolean;
}

/** An address of a socket, or a port that podman publishes. */
export interface Listener {
  /** The socket's unit, or that of the container with the port. */
  readonly unit: string;
  /** As in "0.0.0.0:80"; of a published port as the unit has it. */
  readonly address: string;
  /**
   * "tls"; "redirect" to https, or nothing but errors; "plain"; and "unknown" where no nginx file of the set answers there.
   */
  readonly serves: Serves;
  /** Whether a deploy asks it for a page, and goes back if there is none. True where it can't be asked (PROXY protocol). */
  readonly isVerified: boolean;
}

/**
 * Reads the inputs of a `UnitSet` (`quadlet:index:UnitSet`), as a policy gets them. Texts that can't be read hold nothing: the preview
 * refuses them.
 *
 * ```ts
 * readUnitSet(args.props).listeners // [{ unit: "www.socket", address: "0.0.0.0:80", serves: "plain", isVerified: true }]
 * ```
 */
export function readUnitSet(inputs: Readonly<Record<string, unknown>>): UnitSetContent {
  const set = inputs as Partial<UnitSetInputs>;
  const units = Object.entries(set.units ?? {});
  // Each part when it is asked for: what a preview does not know yet must not keep the others from being read.
  return {
    get images() {
      return imagesOf(set, units);
    },
    get containers() {
      return containersOf(set, units);
    },
    get listeners() {
      return [...socketsOf(set, units), ...units.flatMap(([unit, text]) => published(unit, text))];
    },
  };
}

/** The sections that may have Image=, by the kinds of units, and those that may have PublishPort=. */
const withImage: Partial<Record<Kind, string>> = { container: "Container", image: "Image", volume: "Volume" };
const withPorts: Partial<Record<Kind, string>> = { container: "Container", pod: "Pod", kube: "Kube" };

type Units = readonly (readonly [name: string, text: string])[];

function imagesOf({ images = {}, checks = {} }: Partial<UnitSetInputs>, units: Units): string[] {
  const inUnits = units.flatMap(([unit, text]) => {
    const kind = kindOf(unit);
    const section = kind && withImage[kind];
    return section === undefined ? [] : (valueOf(text, unit, section, "Image") ?? []);
  });
  const all = [...Object.keys(images), ...Object.values(checks).map(({ image }) => image), ...inUnits];
  // An .image of the set has its own line.
  return [...new Set(all)].filter((image) => !image.endsWith(".image")).sort();
}

function containersOf({ checks = {} }: Partial<UnitSetInputs>, units: Units): Container[] {
  const nginx = nginxChecks(checks).map(({ service }) => service);
  return units.flatMap(([unit, text]) => {
    const isNginx = nginx.includes(madeUnit(unit, text));
    if (kindOf(unit) === "container") return [{ unit, isHardened: isHardened(unit, text, isNginx) }];
    // What else runs podman is a helper (a certificate's renewal, a rotation).
    return isNginx ? podmanRuns(unit, text).map((words) => ({ unit, isHardened: isHardenedRun(words) })) : [];
  });
}

function isHardened(unit: string, text: string, isNginx: boolean): boolean {
  const isOn = (key: string) =>
    /^(1|yes|true|on)$/i.test(valueOf(text, unit, "Container", key)?.trim() ?? "");
  const dropped = valuesOf(text, unit, "Container", "DropCapability").flatMap((value) => value.split(/\s+/));
  return (
    isOn("NoNewPrivileges") &&
    (!isNginx || (isOn("ReadOnly") && dropped.some((one) => one.toLowerCase() === "all"))) &&
    !podmanArgs(unit, text).some((word) => word.startsWith("--privileged"))
  );
}

function isHardenedRun(words: readonly string[]): boolean {
  return (
    words.includes("--read-only") &&
    optionValues(words, "--cap-drop").some((one) => one.toLowerCase() === "all") &&
    optionValues(words, "--security-opt").includes("no-new-privileges") &&
    !words.some((word) => word.startsWith("--privileged"))
  );
}

function socketsOf(set: Partial<UnitSetInputs>, units: Units): Listener[] {
  const files = nginxChecks(set.checks ?? {}).map(({ mounts = {} }) => confD(set.files ?? {}, mounts));
  const asked = Object.keys(set.probes ?? {}).flatMap(internetAddress);
  return units
    .filter(([unit]) => kindOf(unit) === "socket")
    .flatMap(([unit, text]) =>
      listens(text, unit)
        .filter(({ address }) => !isLocal(address))
        .map(({ address, ipv6Only }) => ({
          unit,
          address: toListenStream(address),
          serves: worst(files.map((one) => servesOn(one, address, ipv6Only))),
          isVerified:
            asked.some((one) => sameAddress(one, address)) ||
            files.some((one) => wantsProxyProtocol(one, address)),
        })),
    );
}

/** Of several nginx of a set one answers there. */
function worst(all: readonly Serves[]): Serves {
  return (["plain", "redirect", "tls"] as const).find((one) => all.includes(one)) ?? "unknown";
}

function wantsProxyProtocol(files: readonly NginxFile[], address: ListenAddress): boolean {
  return findListens(files).listens.some(
    ({ addresses, options }) =>
      options.includes("proxy_protocol") && addresses.some((one) => sameAddress(one, address)),
  );
}

/** A path of a Unix socket, and a text with placeholders, is none. */
function internetAddress(text: string): ListenAddress[] {
  try {
    return text.startsWith("/") ? [] : [parseListenStream(text)];
  } catch {
    return [];
  }
}

function nginxChecks(checks: NonNullable<UnitSetInputs["checks"]>) {
  return Object.values(checks).filter(({ mounts = {} }) => Object.values(mounts).includes(CONF_D));
}

function confD(
  files: NonNullable<UnitSetInputs["files"]>,
  mounts: Readonly<Record<string, string>>,
): NginxFile[] {
  const directory = Object.keys(mounts).find((path) => mounts[path] === CONF_D) ?? "";
  return Object.entries(files).flatMap(([path, file]) =>
    path.startsWith(`${directory}/`) ? [{ name: path.slice(directory.length + 1), text: file.content }] : [],
  );
}

/** Ports that podman opens itself, for whatever is in the container. */
function published(unit: string, text: string): Listener[] {
  const kind = kindOf(unit);
  const section = kind && withPorts[kind];
  const ports = [
    ...(section === undefined ? [] : valuesOf(text, unit, section, "PublishPort")),
    ...[podmanArgs(unit, text), ...podmanRuns(unit, text)].flatMap((words) =>
      optionValues(words, "--publish", "-p"),
    ),
  ];
  return ports
    .filter((port) => !/^(127\.|\[::1\])/.test(port))
    .map((address) => ({ unit, address, serves: "unknown", isVerified: true }));
}
