import { generatedService, isQuadlet } from "./names.ts";
import { UnitSyntaxError } from "./parse.ts";
import { valuesOf } from "./values.ts";

/**
 * The unit that systemd has of a unit file: a quadlet's service, ServiceName= included, else the file's own name.
 *
 * @see podman-systemd.unit(5), ServiceName=
 * @example madeUnit("web.container", "[Container]\nImage=nginx\n") // "web.service"
 */
export function madeUnit(fileName: string, text: string): string {
  const generated = generatedService(fileName);
  if (generated === undefined) return fileName;
  const suffix = fileName.slice(fileName.lastIndexOf(".") + 1);
  const section = `${suffix.charAt(0).toUpperCase()}${suffix.slice(1)}`;
  const named = lastOf(text, fileName, section, "ServiceName");
  return named ? `${named}.service` : generated;
}

/**
 * The name of the container that a unit runs: a .container's, or that of a service that runs podman itself. podman removes
 * another one of that name (podman-run(1), --replace).
 *
 * @returns undefined where it has none, or has one that can't be told from its text: an instance's, another specifier than %N.
 * @see getContainerName() in podman's pkg/systemd/quadlet/quadlet.go; systemd.unit(5), "Specifiers"
 * @example madeContainer("web.container", "[Container]\nImage=nginx\n") // "systemd-web"
 */
export function madeContainer(fileName: string, text: string): string | undefined {
  const unit = madeUnit(fileName, text).replace(/\.service$/, "");
  const name = writtenName(fileName, text)?.replaceAll("%N", () => unit);
  return name?.includes("%") || unit.endsWith("@") ? undefined : name;
}

function writtenName(fileName: string, text: string): string | undefined {
  if (fileName.endsWith(".container")) {
    const named = lastOf(text, fileName, "Container", "ContainerName");
    return named || (fileName.includes("@") ? "systemd-%p_%i" : "systemd-%N");
  }
  const command = isQuadlet(fileName) ? undefined : lastOf(text, fileName, "Service", "ExecStart");
  if (command === undefined || !/\/podman(\s|\s.*\s)run\s/.test(command)) return undefined;
  return /\s--name[ =]"?([^\s"]+)/.exec(command)?.[1];
}

/**
 * The name of the network that a .network makes, or undefined for any other file.
 *
 * @see podman-systemd.unit(5), NetworkName=
 * @example madeNetwork("web.network", "[Network]\nInternal=true\n") // "systemd-web"
 */
export function madeNetwork(fileName: string, text: string): string | undefined {
  if (!fileName.endsWith(".network")) return undefined;
  return lastOf(text, fileName, "Network", "NetworkName") ?? `systemd-${fileName.replace(/\.network$/, "")}`;
}

/** Of a text that somebody has written on the host, and that can't be read, nothing is known. */
function lastOf(text: string, fileName: string, section: string, key: string): string | undefined {
  try {
    return valuesOf(text, fileName, section, key).at(-1);
  } catch (thrown) {
    if (thrown instanceof UnitSyntaxError) return undefined;
    throw thrown;
  }
}
