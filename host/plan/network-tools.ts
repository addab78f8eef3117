import { factsOf, kindOf } from "../../units/kinds.ts";
import { optionValues, podmanArgs, podmanRuns } from "../../units/podman-run.ts";
import { valueOf, valuesOf } from "../../units/values.ts";
import { compareVersions } from "../../units/versions.ts";
import type { Desired, DesiredFile } from "../desired.ts";
import type { Facts } from "../facts/facts.ts";

/**
 * Programs that podman needs for the networks of a set and that the host lacks, and networks that its podman no longer supports. A
 * container with network "none" needs none of these programs. netavark is not among them: podman itself does not start without it. Pure.
 *
 * @see podman-network(1); podman-run(1), --network; containers.conf(5), default_rootless_network_cmd
 */
export function missingNetworkTools({ tools, podman }: Facts, desired: Desired): string[] {
  if (tools === undefined) return [];
  const isRootless = desired.account !== undefined;
  const hasSlirp = podman.version === undefined || compareVersions(podman.version, "6") < 0;
  return desired.files.flatMap((file) => [
    ...(hasSlirp ? [] : slirpNetworks(file)).map(
      (network) =>
        `${file.key}: network "${network}" was removed in podman 6, and the host has ${podman.version}. Choose network "pasta", or remove the argument for podman's default.`,
    ),
    ...needs(file, isRootless, hasSlirp)
      .filter(({ anyOf }) => !anyOf.some((tool) => tools.has(tool)))
      .map(({ anyOf, what }) => {
        const [first = "", ...others] = anyOf;
        const other = others.map((tool) => ` (or ${tool})`).join("");
        return `${file.key}: ${what} needs ${first}${other}, which the host does not have. Install it (package ${packages[first] ?? first}), or choose network "none".`;
      }),
  ]);
}

function slirpNetworks({ unit = "", content }: DesiredFile): string[] {
  return networksOf(unit, content).filter((network) => /^slirp4netns(:|$)/.test(network));
}

/** The names of packages in Debian and Fedora, where they differ from the program's. */
const packages: Record<string, string> = { pasta: "passt" };

interface Need {
  /** One of them is enough. */
  anyOf: string[];
  what: string;
}

/** @param hasSlirp whether the host's podman knows slirp4netns, which is gone in podman 6 */
function needs({ unit, content }: DesiredFile, isRootless: boolean, hasSlirp: boolean): Need[] {
  if (unit === undefined) return [];
  const kind = kindOf(unit);
  if (kind === "network")
    return isTrue(valueOf(content, unit, "Network", "DisableDNS"))
      ? []
      : [{ anyOf: ["aardvark-dns"], what: "a network whose containers find each other by name" }];
  if (!isRootless) return [];
  return networksOf(unit, content).flatMap((network): Need[] => {
    const mode = network.split(":")[0] ?? "";
    if (["none", "host", "ns", "container"].includes(mode) || kindOf(mode) === "container") return [];
    const who = kind === "pod" || kind === "kube" ? "pod" : "container";
    const what = `a rootless ${who} with network "${network}"`;
    if (mode === "slirp4netns" && !hasSlirp) return [];
    if (mode === "pasta" || mode === "slirp4netns") return [{ anyOf: [mode], what }];
    return [
      {
        anyOf: hasSlirp ? ["pasta", "slirp4netns"] : ["pasta"],
        what: network === "" ? `a rootless ${who} with a network` : what,
      },
    ];
  });
}

/** The networks of the containers that podman runs for a unit, "" for podman's default. Empty if podman runs nothing for it. */
function networksOf(name: string, text: string): string[] {
  const kind = kindOf(name);
  const { section = "", runs } = kind === undefined ? {} : factsOf(kind);
  const orDefault = (written: string[]) => (written.length > 0 ? written : [""]);
  const written = () => [
    ...valuesOf(text, name, section, "Network"),
    ...optionValues(podmanArgs(name, text), "--network", "--net"),
  ];
  switch (runs) {
    case "container":
      // A pod has the network of its containers.
      return valueOf(text, name, section, "Pod") === undefined ? orDefault(written()) : written();
    case "pod":
      return orDefault(written());
    case "kube":
      // Without one, its YAML decides (hostNetwork).
      return written();
    case "commands":
      return podmanRuns(name, text).flatMap((words) => orDefault(optionValues(words, "--network", "--net")));
    case undefined:
      return [];
  }
}

/** LookupBoolean() in podman's pkg/systemd/parser/unitfile.go. */
function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(1|yes|true|on)$/i.test(value);
}
