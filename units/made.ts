import { factsOf, kindOf, stemOf } from "./kinds.ts";
import { optionValues, podmanRuns } from "./podman-run.ts";
import { valueOf } from "./values.ts";

/**
 * The unit that systemd has of a unit file: the service that podman's generator makes of a quadlet, by ServiceName= or the file's name,
 * else the file's own name. The one answer to "which unit does this file make".
 *
 * @param text undefined where it is not known: then the name is the one without ServiceName=. (A template that is no .container gets
 *   its "@" at the end from podman 5.7 on.)
 * @see podman-systemd.unit(5), ServiceName=; getServiceName() in podman's pkg/systemd/quadlet/quadlet.go
 * @example
 * ```ts
 * madeUnit("web.container", "[Container]\nImage=nginx\n"); // "web.service"
 * madeUnit("web.network", undefined); // "web-network.service"
 * madeUnit("web.socket", "[Socket]\n"); // "web.socket"
 * ```
 */
export function madeUnit(fileName: string, text: string | undefined): string {
  const kind = kindOf(fileName);
  const { section, generates } = kind === undefined ? {} : factsOf(kind);
  if (section === undefined || generates === undefined) return fileName;
  const named = text === undefined ? undefined : valueOf(text, fileName, section, "ServiceName");
  if (named !== undefined) return `${named}.service`;
  const stem = stemOf(fileName);
  return stem.endsWith("@") ? `${stem.slice(0, -1)}${generates}@.service` : `${stem}${generates}.service`;
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
  return resolved(writtenContainer(fileName, text), madeUnit(fileName, text));
}

function writtenContainer(fileName: string, text: string): string | undefined {
  if (kindOf(fileName) === "container") {
    const named = valueOf(text, fileName, "Container", "ContainerName");
    return named ?? (fileName.includes("@") ? "systemd-%p_%i" : "systemd-%N");
  }
  return podmanRuns(fileName, text)
    .flatMap((words) => optionValues(words, "--name"))
    .at(-1);
}

/**
 * The name of the network that a .network makes.
 *
 * @returns undefined for any other file, and where the name can't be told: each instance of a template has a network of its own.
 * @see getResourceName() in podman's pkg/systemd/quadlet/quadlet.go; podman-systemd.unit(5), NetworkName=
 * @example madeNetwork("web.network", "[Network]\nInternal=true\n") // "systemd-web"
 */
export function madeNetwork(fileName: string, text: string): string | undefined {
  const kind = kindOf(fileName);
  const { section, namesNetwork } = kind === undefined ? {} : factsOf(kind);
  if (section === undefined || namesNetwork === undefined) return undefined;
  const named = valueOf(text, fileName, section, namesNetwork);
  return resolved(named ?? unnamedNetwork(fileName), madeUnit(fileName, text));
}

/** "systemd-web-%i" for web@.network, from podman 5.7 on. Before, all instances share "systemd-web@". */
function unnamedNetwork(fileName: string): string {
  const name = `systemd-${stemOf(fileName)}`;
  return fileName.includes("@") ? `${name.slice(0, -1)}-%i` : name;
}

/** The longest name of a unit that systemd takes, and more than any name of a container or network has. */
const [longestUnit, longestName] = [255, 1000];

/** A name with %N filled in; undefined where another specifier is left, and for what is too long to be one. */
function resolved(name: string | undefined, unit: string): string | undefined {
  const prefix = stemOf(unit);
  if (name === undefined || name.length > longestName || unit.length > longestUnit) return undefined;
  if (name.includes("%N") && prefix.endsWith("@")) return undefined;
  const known = name.replaceAll("%N", () => prefix);
  return known.includes("%") ? undefined : known;
}
