import { factsOf, kindOf, stemOf } from "./kinds.ts";
import { optionValues, podmanRuns } from "./podman-run.ts";
import { valueOf } from "./values.ts";

/**
 * The name of the unit that a unit file makes. For a quadlet it is the service from podman's generator, named by ServiceName= or by the
 * file. For other files it is the file's own name. All code asks here which unit a file makes.
 *
 * @param text undefined if it is not known: then the name is the one without ServiceName=. (A template that is not a .container gets its
 *   "@" at the end from podman 5.7 on.)
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
 * The name of the container that a unit runs: of a .container, or of a service that runs podman itself. podman removes another container of
 * that name (podman-run(1), --replace).
 *
 * @returns undefined if it has no name, or if the text does not show the name: for an instance, or with a specifier other than %N
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
 * @returns undefined for any other file, and if the name is not known: each instance of a template has its own network
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

/** The longest unit name that systemd accepts, and a length that no name of a container or network has. */
const [longestUnit, longestName] = [255, 1000];

/** A name with %N filled in. Undefined if another specifier is left, or if it is too long to be a name. */
function resolved(name: string | undefined, unit: string): string | undefined {
  const prefix = stemOf(unit);
  if (name === undefined || name.length > longestName || unit.length > longestUnit) return undefined;
  if (name.includes("%N") && prefix.endsWith("@")) return undefined;
  const known = name.replaceAll("%N", () => prefix);
  return known.includes("%") ? undefined : known;
}
