import { all, output } from "@pulumi/pulumi/output.js";
import { environmentFile, escapeLiteral, quoteExec } from "../units/escape.ts";
import { renderContainer, renderNetwork, renderTarget } from "../units/render.ts";
import { awaitFirstPodman } from "./first-podman.ts";
import { lift, onHost, splitEnvironment } from "./inputs.ts";
import type { Backend, ReverseProxyStackArgs } from "./proxy-arguments.ts";
import type { Rendered } from "./render.ts";

/** What a proxy's parts call each other. */
export interface ProxyNames {
  /** The network's quadlet, without ".network". Another kind of network is another network: podman makes one only once. */
  network: string;
  /** The target that stands for all backends, so that what needs them names none. */
  target: string;
}

export function proxyNames(name: string, args: Pick<ReverseProxyStackArgs, "network">): ProxyNames {
  const internal = args.network?.internal ?? true;
  return { network: internal ? `${name}-net` : `${name}-open-net`, target: `${name}-backends.target` };
}

/** The containers of a backend: itself, or its replicas. */
export function containerNames(backend: string, { replicas = 1 }: Pick<Backend, "replicas">): string[] {
  if (replicas === 1) return [backend];
  return Array.from({ length: replicas }, (_, index) => `${backend}-${index + 1}`);
}

/** The set of the account's own manager: the network, the backends, and the target that stands for them. */
export function renderBackends(
  name: string,
  args: ReverseProxyStackArgs,
): Omit<Rendered, "checks" | "probes"> {
  const { network, target } = proxyNames(name, args);
  const internal = args.network?.internal ?? true;
  const units: Rendered["units"] = {
    [`${network}.network`]: renderNetwork({
      unit: { description: `Network of ${name} and its backends` },
      network: { internal },
      // podman leaves the network when its service stops (podman#23678); fails, and stays, where a container has it.
      service: {
        execStartPre: awaitFirstPodman("%t"),
        execStopPost: `-/usr/bin/podman network rm systemd-${network}`,
      },
      // To make a network needs none.
      quadlet: { defaultDependencies: false },
    }),
    // Its backends name it (WantedBy=), and a target starts after what it wants: started, they are.
    [target]: renderTarget({
      unit: { description: `Backends of ${name}` },
      install: { wantedBy: ["default.target"] },
    }),
  };
  const files: Rendered["files"] = {};
  const services: Rendered["services"] = { [`${network}-network.service`]: {}, [target]: { enabled: true } };
  for (const [backend, options] of Object.entries(args.backends)) {
    const { plain, hidden } = splitEnvironment(options.environment ?? {});
    const secretFile = `~/.config/quadlet-fleet/${name}/${backend}.environment`;
    const hasHidden = Object.keys(hidden).length > 0;
    if (hasHidden) files[secretFile] = { content: output(hidden).apply(environmentFile), mode: "0600" };
    for (const container of containerNames(backend, options)) {
      units[`${container}.container`] = lift(options.image, (image) =>
        renderBackend({
          container,
          image,
          options,
          network,
          internal,
          target,
          hardened: args.hardened ?? false,
          runtime: args.runtime,
          description: `Backend ${container} of ${name}`,
          environment: plain,
          environmentFile: hasHidden ? [onHost(secretFile)] : [],
          alias: container === backend ? [] : [backend],
        }),
      );
      services[`${container}.service`] = hasHidden ? { restartOn: [secretFile] } : {};
    }
  }
  const references = Object.values(args.backends).map(({ image }) => image);
  const known = references.every((image) => typeof image === "string");
  const images = (all: readonly string[]) =>
    Object.fromEntries(all.map((image) => [image, { pull: args.pull ?? "missing" }]));
  return {
    units,
    files,
    services,
    images: known ? images(references) : all(references).apply(images),
  };
}

interface BackendContainer {
  container: string;
  image: string;
  options: Backend;
  hardened: boolean;
  runtime: string | undefined;
  /** Without ".network". */
  network: string;
  internal: boolean;
  target: string;
  description: string;
  environment: Record<string, string>;
  environmentFile: string[];
  alias: string[];
}

function renderBackend(backend: BackendContainer): string {
  const { container, image, options, network, target } = backend;
  const { healthCheck } = options;
  return renderContainer({
    // One that fails again and again is tried again and again, as nobody else would start it.
    unit: { description: backend.description, startLimitIntervalSec: "0" },
    container: {
      image,
      containerName: container,
      ...(backend.hardened ? { pull: "never" as const, noNewPrivileges: true } : {}),
      ...(backend.runtime === undefined ? {} : { globalArgs: `--runtime=${backend.runtime}` }),
      environment: backend.environment,
      environmentFile: backend.environmentFile,
      network: [`${network}.network`],
      networkAlias: backend.alias,
      volume: options.volumes ?? [],
      ...(healthCheck === undefined
        ? {}
        : {
            notify: "healthy" as const,
            healthCmd: escapeLiteral(healthCheck.command),
            healthInterval: healthCheck.interval ?? "5s",
            ...(healthCheck.timeout === undefined ? {} : { healthTimeout: healthCheck.timeout }),
            ...(healthCheck.retries === undefined ? {} : { healthRetries: healthCheck.retries }),
            ...(healthCheck.startPeriod === undefined ? {} : { healthStartPeriod: healthCheck.startPeriod }),
          }),
    },
    service: {
      // As the network's own service does, which is still active where somebody has removed the network.
      execStartPre: `/usr/bin/podman network create --ignore${backend.internal ? " --internal" : ""} systemd-${network}`,
      ...(healthCheck === undefined
        ? { execStartPost: quoteExec(["/bin/sh", "-c", awaitPort, "wait", container, String(options.port)]) }
        : {}),
      restart: "always",
      restartSec: "2s",
      // Longer than the wait for its port.
      timeoutStartSec: "90",
    },
    install: { wantedBy: ["default.target", target] },
    // A user quadlet would wait for the system's network-online.target, for 90 seconds where nobody wants that: a container
    // that needs what is outside is started again until it is there.
    quadlet: { defaultDependencies: false },
  });
}

/**
 * Waits until a container listens on a port: its name, the port. In the tables of its network namespace (proc_pid_net(5)),
 * which the account may read: the image needs no tool for it. 0A is TCP_LISTEN.
 */
export const awaitPort = [
  'pid=$(podman inspect --format "{{.State.Pid}}" "$1") || exit;',
  'port=$(printf %04X "$2");',
  "tries=0;",
  'until grep -qs "^ *[0-9]*: [0-9A-F]*:$port [0-9A-F]*:0000 0A " "/proc/$pid/net/tcp" "/proc/$pid/net/tcp6"; do',
  '[ -d "/proc/$pid" ] || { echo "$1 has ended" >&2; exit 1; };',
  '[ "$tries" -lt 600 ] || { echo "$1 does not listen on port $2 after 60 seconds" >&2; exit 1; };',
  "tries=$((tries + 1)); sleep 0.1; done",
].join(" ");
