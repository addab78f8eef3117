import { factsOf, isQuadlet, kindOf } from "./kinds.ts";
import { valuesOf } from "./values.ts";
import { splitWords } from "./words.ts";

/**
 * The words after "podman run" in each command of a service that runs podman itself: options, image, the container's command. This includes
 * a command in quotes, as an argument of a shell.
 *
 * @returns none for a quadlet, and for a service that runs something else
 * @see systemd.service(5), ExecStart=
 * @example podmanRuns("web.service", "[Service]\nExecStart=/usr/bin/podman run --rm nginx\n") // [["--rm", "nginx"]]
 */
export function podmanRuns(fileName: string, text: string): string[][] {
  if (isQuadlet(fileName)) return [];
  return valuesOf(text, fileName, "Service", "ExecStart").flatMap((command) => {
    const words = splitWords(command);
    const run =
      afterRun(words) ?? afterRun(words.flatMap((word) => (/\s/.test(word) ? splitWords(word) : word)));
    return run === undefined ? [] : [run];
  });
}

function afterRun(words: readonly string[]): string[] | undefined {
  const podman = words.findIndex((word) => /(^|\/)podman$/.test(word.replace(/^[-@:+!|]+/, "")));
  const run = podman < 0 ? -1 : words.indexOf("run", podman);
  return run < 0 ? undefined : words.slice(run + 1);
}

/**
 * The words of PodmanArgs= of a quadlet: podman adds them to its command ("podman run", "podman pod create"), all of them in one line.
 *
 * @see podman-systemd.unit(5), PodmanArgs=
 */
export function podmanArgs(fileName: string, text: string): string[] {
  const kind = kindOf(fileName);
  const section = kind !== undefined && isQuadlet(fileName) ? factsOf(kind).section : undefined;
  return section === undefined ? [] : valuesOf(text, fileName, section, "PodmanArgs").flatMap(splitWords);
}

/**
 * The values of an option, in their order: "--network=none", "--network none", "-p 80:80", "-p80:80", "-dp 80:80".
 *
 * @param names with their dashes
 */
export function optionValues(words: readonly string[], ...names: string[]): string[] {
  return words.flatMap((word, index) => {
    // -d, -i and -t take no value (podman-run(1)).
    const option = word.replace(/^-[dit]+(?=[a-zA-Z])/, "-");
    if (names.includes(option)) return words[index + 1] ?? [];
    const prefix = names
      .map((name) => (name.startsWith("--") ? `${name}=` : name))
      .find((one) => option.startsWith(one));
    return prefix === undefined ? [] : option.slice(prefix.length).replace(/^=/, "");
  });
}
