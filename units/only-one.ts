import { isQuadlet, kindOf } from "./kinds.ts";
import { optionValues, podmanArgs, podmanRuns } from "./podman-run.ts";
import { valueOf, valuesOf } from "./values.ts";
import { splitWords } from "./words.ts";

/** Networks that only one container can have: another container's network, a fixed address, pasta's ports (podman-run(1), --network). */
const singleNetwork =
  /^(host(?![\w.-])|ns:|container:|[^\s:]+:(\S*,)?(ip6?|mac)=|pasta:(\S*,)?(-[tuTU]|--(tcp|udp)-(ports|ns))\b)/;

/** Options of "podman run" that only one container at a time can have. */
const singleOptions = ["-p", "--publish", "--ip", "--ip6", "--mac-address", "--pod"];

/**
 * Whether a second container of the same unit could not run at the same time: a pod, or a container with a published port, a fixed name or
 * address, or another container's network.
 */
export function isOnlyOne(fileName: string, text: string): boolean {
  if (!isQuadlet(fileName)) return podmanRuns(fileName, text).some(isSingle);
  if (kindOf(fileName) !== "container") return true;
  return (
    ["PublishPort", "IP", "IP6", "Pod"].some(
      (key) => valueOf(text, fileName, "Container", key) !== undefined,
    ) ||
    valuesOf(text, fileName, "Container", "Network").some(
      // "other.container" is the network of that container (podman-systemd.unit(5), Network=).
      (network) => singleNetwork.test(network) || kindOf(network) === "container",
    ) ||
    isSingle(podmanArgs(fileName, text))
  );
}

function isSingle(words: readonly string[]): boolean {
  return (
    optionValues(words, ...singleOptions).length > 0 ||
    optionValues(words, "--network", "--net").some((network) => singleNetwork.test(network)) ||
    optionValues(words, "--name").some((name) => name !== "systemd-%N")
  );
}

/** Whether a container relabels or chowns its volumes, which would take them from another running container (podman-run(1), --volume). */
export function takesFiles(fileName: string, text: string): boolean {
  const words = isQuadlet(fileName) ? [podmanArgs(fileName, text)] : podmanRuns(fileName, text);
  const volumes = words.flatMap((run) => optionValues(run, "-v", "--volume"));
  const mounts = words.flatMap((run) => optionValues(run, "--mount"));
  const own = (key: string) => valuesOf(text, fileName, "Container", key);
  return (
    [...volumes, ...own("Volume")].some((volume) => /[:,][zZU](,|$)/.test(volume)) ||
    [...mounts, ...own("Mount").flatMap(splitWords)].some((mount) =>
      /(^|,)(z|Z|U|relabel|chown)(=|,|$)/.test(mount),
    )
  );
}
