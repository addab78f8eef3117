import { quoteExecArgumentOnHost as given } from "../../units/escape.ts";
import type { ContainerSection } from "../../units/sections/container.ts";
import { hardenedContainer, hardenedOptions } from "./hardening.ts";
import { onHost } from "./inputs.ts";

/** The home directory of the account that a system service runs as: the host fills it in (resources/contract.ts). */
const home = "@HOME@";

/** What a container is, whether a quadlet or a service's own `podman run` starts it. */
export interface Container {
  image: string;
  /** The OCI runtime; undefined for podman's own. */
  runtime?: string | undefined;
  /** How it ends: a signal, and the seconds that it has then. */
  stop?: { signal: string; timeout: number };
  /** A network; undefined for podman's default. */
  network?: string | undefined;
  /** Who says that it is started. "conmon" is what podman's generator writes by itself. */
  startedBy?: "conmon";
  hardened?: boolean;
  /** Whether SELinux lets it alone. Default: false. */
  unlabelled?: boolean | undefined;
  /** `own`: with specifiers as systemd has them. `given`: as podman writes them; "%h/…" is in the home directory, "%%" is a "%". */
  volumes: { own: readonly string[]; given: readonly string[] };
  /** As they are given. */
  environment: Readonly<Record<string, string>>;
  /** A file of more of them, absolute or "~/…". */
  environmentFile?: string | undefined;
  /** "never": the transaction has pulled it. */
  pull?: "never" | undefined;
}

/** The two ways to write one of them. */
interface Writers<Value> {
  quadlet(value: Value): Partial<ContainerSection>;
  /** Options of `podman run`, ready for ExecStart=. */
  run(value: Value): readonly string[];
  /** Options of podman itself. */
  podman?(value: Value): readonly string[];
}

/** How each is written, in the order of the command line. One that is added to {@link Container} does not compile without both. */
const writers: { [Field in keyof Container]-?: Writers<NonNullable<Container[Field]>> } = {
  runtime: {
    quadlet: (runtime) => ({ globalArgs: `--runtime=${runtime}` }),
    run: () => [],
    podman: (runtime) => [`--runtime=${runtime}`],
  },
  stop: {
    quadlet: ({ signal, timeout }) => ({ stopSignal: signal, stopTimeout: timeout }),
    run: ({ signal, timeout }) => [`--stop-signal ${signal} --stop-timeout ${timeout}`],
  },
  network: {
    quadlet: (network) => ({ network: [network] }),
    run: (network) => [`--network ${given(network)}`],
  },
  startedBy: { quadlet: () => ({}), run: (by) => [`--sdnotify=${by} -d`] },
  hardened: {
    quadlet: (hardened) => (hardened ? hardenedContainer : {}),
    run: (hardened) => (hardened ? hardenedOptions : []),
  },
  unlabelled: {
    quadlet: (unlabelled) => (unlabelled ? { securityLabelDisable: true } : {}),
    run: (unlabelled) => (unlabelled ? ["--security-opt=label=disable"] : []),
  },
  volumes: {
    quadlet: (volumes) => ({ volume: [...volumes.own, ...volumes.given] }),
    run: (volumes) => [...volumes.own, ...volumes.given.map(inHome)].map((volume) => `--volume ${volume}`),
  },
  environment: {
    quadlet: (environment) => ({ environment }),
    run: (environment) =>
      Object.entries(environment).map(([key, value]) => `--env ${given(`${key}=${value}`)}`),
  },
  environmentFile: {
    quadlet: (file) => ({ environmentFile: [onHost(file)] }),
    run: (file) => [`--env-file ${inHome(file)}`],
  },
  pull: { quadlet: (pull) => ({ pull }), run: (pull) => [`--pull=${pull}`] },
  // It ends the options.
  image: { quadlet: (image) => ({ image }), run: (image) => [given(image)] },
};

/** [Container] of a quadlet. */
export function containerSection(container: Container): ContainerSection {
  const parts = written(container, (one, value) => [one.quadlet(value)]);
  return Object.assign({ image: container.image }, ...parts) as ContainerSection;
}

/**
 * The command line of a service, for ExecStart=.
 *
 * @param options of `podman run` that come first, ready for ExecStart=
 */
export function podmanRun(container: Container, options: readonly string[]): string {
  const before = written(container, (one, value) => one.podman?.(value) ?? []);
  return [
    "/usr/bin/podman",
    ...before,
    "run",
    ...options,
    ...written(container, (one, value) => one.run(value)),
  ].join(" ");
}

function written<T>(
  container: Container,
  write: (writers: Writers<unknown>, value: unknown) => readonly T[],
): T[] {
  const fields = Object.keys(writers) as (keyof Container)[];
  return fields.flatMap((field) =>
    container[field] === undefined ? [] : write(writers[field] as Writers<unknown>, container[field]),
  );
}

/** "~/x" and "%h/x" are in the account's home directory. */
function inHome(path: string): string {
  const text = path.replaceAll("%%", "%");
  const below = text.replace(/^(~|%h)(?=\/)/, "");
  return below === text ? given(text) : given(below).replace(/^"?/, `$&${home}`);
}
