import { isQuadlet } from "../units/names.ts";
import { valuesOf } from "../units/values.ts";
import type { Desired, DesiredFile } from "./desired.ts";
import type { Facts } from "./facts.ts";

/**
 * Programs that podman needs for the networks of a set, and that the host has not. A container with network "none" needs none
 * of them; podman itself does not start without netavark. Pure.
 *
 * @see podman-network(1); podman-run(1), --network; containers.conf(5), default_rootless_network_cmd
 */
export function missingNetworkTools({ tools }: Facts, desired: Desired): string[] {
  if (tools === undefined) return [];
  const isRootless = desired.account !== undefined;
  return desired.files.flatMap((file) =>
    needs(file, isRootless)
      .filter(({ anyOf }) => !anyOf.some((tool) => tools.has(tool)))
      .map(({ anyOf, what }) => {
        const [first = "", ...others] = anyOf;
        const other = others.map((tool) => ` (or ${tool})`).join("");
        return `${file.key}: ${what} needs ${first}${other}, which the host has not. Install it (package ${packages[first] ?? first}), or choose network "none", which needs no such thing.`;
      }),
  );
}

/** What a package is called at Debian and Fedora where it is not called as the program is. */
const packages: Record<string, string> = { pasta: "passt" };

interface Need {
  /** One of them will do. */
  anyOf: string[];
  what: string;
}

const rootlessTools = ["pasta", "slirp4netns"];

function needs({ unit, content }: DesiredFile, isRootless: boolean): Need[] {
  if (unit === undefined) return [];
  if (unit.endsWith(".network"))
    return isTrue(valuesOf(content, unit, "Network", "DisableDNS").at(-1))
      ? []
      : [{ anyOf: ["aardvark-dns"], what: "a network whose containers find each other by name" }];
  if (!isRootless) return [];
  return networksOf(unit, content).flatMap((network): Need[] => {
    const kind = network.split(":")[0] ?? "";
    if (["none", "host", "ns", "container"].includes(kind) || kind.endsWith(".container")) return [];
    const what = `a rootless container with network "${network}"`;
    if (kind === "pasta" || kind === "slirp4netns") return [{ anyOf: [kind], what }];
    return [{ anyOf: rootlessTools, what: kind === "" ? "a rootless container with a network" : what }];
  });
}

/** The networks of a unit's container, "" for podman's default; none where it has no container. */
function networksOf(name: string, text: string): string[] {
  const values = (section: string, key: string) => valuesOf(text, name, section, key);
  if (isQuadlet(name)) {
    if (!name.endsWith(".container")) return [];
    const written = values("Container", "Network").filter((network) => network !== "");
    return written.length > 0 || values("Container", "Pod").length > 0 ? written : [""];
  }
  const run = values("Service", "ExecStart").filter((command) => /\/podman(\s|\s.*\s)run\s/.test(command));
  return run.flatMap((command) => {
    const written = [...command.matchAll(/\s--net(?:work)?[ =]"?([^\s"]+)/g)].map(
      ([, network = ""]) => network,
    );
    return written.length > 0 ? written : [""];
  });
}

/** systemd.syntax(7), booleans. */
function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(1|yes|y|true|t|on)$/i.test(value);
}
