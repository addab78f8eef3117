/** The suffixes of quadlets, and what comes after NAME in the name of the service that podman makes from each. */
const quadlets = {
  container: "",
  kube: "",
  network: "-network",
  volume: "-volume",
  image: "-image",
  build: "-build",
  pod: "-pod",
  artifact: "-artifact",
} as const;

/** systemd.unit(5), "Description". */
const systemdSuffixes = [
  "service",
  "socket",
  "device",
  "mount",
  "automount",
  "swap",
  "target",
  "path",
  "timer",
  "slice",
  "scope",
];

/** UNIT_NAME_MAX of systemd (src/basic/unit-name.h), which counts the NUL at the end too. */
const longestName = 255;

/** A name that no unit can have. */
export class UnitNameError extends Error {
  override name = "UnitNameError";
}

/**
 * Checks the name of a unit file, a quadlet's or one of systemd's: `NAME.suffix`, `NAME@.suffix`, `NAME@INSTANCE.suffix`.
 *
 * @returns the name as it was given
 * @throws UnitNameError where a character, the length (255) or the suffix is wrong
 * @see systemd.unit(5), "Description"; podman-systemd.unit(5)
 * @example unitName("web-1.container") // "web-1.container"
 */
export function unitName(text: string): string {
  const suffix = suffixOf(text);
  const all = [...Object.keys(quadlets), ...systemdSuffixes];
  if (suffix === undefined || !all.includes(suffix)) {
    throw new UnitNameError(
      `"${text}" is no unit's name: it needs to end in one of ${all.map((s) => `.${s}`).join(", ")}.`,
    );
  }
  if (!/^[A-Za-z0-9:_.\\-]+(?:@[A-Za-z0-9:_.\\@-]*)?$/.test(text.slice(0, -suffix.length - 1))) {
    throw new UnitNameError(
      `"${text}" is no unit's name: before the suffix it needs ASCII letters, digits and :-_.\\ only, and an @ for a template.`,
    );
  }
  const longest = Math.max(text.length, generatedService(text)?.length ?? 0);
  if (longest > longestName) {
    throw new UnitNameError(
      `"${text.slice(0, 30)}…" is too long for a unit's name: ${longest} characters, and ${longestName} are possible.`,
    );
  }
  return text;
}

/** Whether podman's generator reads this file (podman-systemd.unit(5)), and not systemd itself. */
export function isQuadlet(fileName: string): boolean {
  return quadletSuffix(fileName) !== undefined;
}

/**
 * Which kind of directory a unit file belongs in: that of quadlets (`…/containers/systemd`) or that of systemd's own
 * units (`…/systemd/system`, `…/systemd/user`).
 */
export function unitDirectoryKind(fileName: string): "quadlet" | "unit" {
  return isQuadlet(fileName) ? "quadlet" : "unit";
}

/**
 * The service that podman's generator makes from a quadlet, or undefined for any other file. `ServiceName=` in the
 * quadlet would overrule it. (A template that is no container gets its `@` at the end from podman 5.7 on.)
 *
 * @see getServiceName() in podman's pkg/systemd/quadlet/quadlet.go
 * @example
 * ```ts
 * generatedService("web.container"); // "web.service"
 * generatedService("web.network"); // "web-network.service"
 * generatedService("web.socket"); // undefined
 * ```
 */
export function generatedService(fileName: string): string | undefined {
  const suffix = quadletSuffix(fileName);
  if (suffix === undefined) return undefined;
  const base = fileName.slice(0, -suffix.length - 1);
  const template = base.endsWith("@") ? "@" : "";
  return `${base.slice(0, base.length - template.length)}${quadlets[suffix]}${template}.service`;
}

function quadletSuffix(fileName: string): keyof typeof quadlets | undefined {
  const suffix = suffixOf(fileName);
  return suffix !== undefined && Object.hasOwn(quadlets, suffix)
    ? (suffix as keyof typeof quadlets)
    : undefined;
}

/** What follows the last dot; undefined where nothing stands before it. */
function suffixOf(fileName: string): string | undefined {
  const dot = fileName.lastIndexOf(".");
  return dot > 0 ? fileName.slice(dot + 1) : undefined;
}
