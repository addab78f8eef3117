import { output } from "@pulumi/pulumi/output.js";
import { environmentFile, escapeLiteral, quoteExec } from "../../units/escape.ts";
import { renderContainer } from "../../units/render.ts";
import type { ContainerSection } from "../../units/sections/container.ts";
import type { ServiceSection } from "../../units/sections/service.ts";
import type { UnitSection } from "../../units/sections/unit.ts";
import { awaitContainer } from "../site/await-container.ts";
import { awaitFirstPodman } from "../site/first-podman.ts";
import { type Container, containerSection } from "../site/container.ts";
import { lift, splitEnvironment } from "../site/inputs.ts";
import type { Backend, HealthCheck, ReverseProxyStackArgs } from "./arguments.ts";
import { isInternal, proxyNames } from "./names.ts";
import { unlimited } from "../site/restarting.ts";
import { isActivated, isUnix, ownSocket, renderBackendSocket, socketsUnit } from "./backend-sockets.ts";
import type { Rendered } from "../site/render.ts";

/** One container of a backend, whatever its program is. */
export interface BackendContainer {
  /** The proxy's. */
  name: string;
  backend: string;
  container: string;
  options: Backend;
  args: ReverseProxyStackArgs;
}

/** Its quadlet, with its socket where systemd has that, and the file of its secrets. */
export function renderBackend(it: BackendContainer): Pick<Rendered, "units" | "files" | "services"> {
  const { name, backend, container, options, args } = it;
  const { plain, hidden } = splitEnvironment(options.environment ?? {});
  const secretFile = `~/.config/quadlet-fleet/${name}/${backend}.environment`;
  const hasHidden = Object.keys(hidden).length > 0;
  const environment = { environment: plain, environmentFile: hasHidden ? secretFile : undefined };
  const socket = `${container}.socket`;
  const { target } = proxyNames(name, args);
  return {
    units: {
      [`${container}.container`]: lift(options.image, (image) => text(it, { image, ...environment })),
      ...(isActivated(options) ? { [socket]: renderBackendSocket(name, target, container, options) } : {}),
    },
    files: hasHidden
      ? { [secretFile]: { content: output(hidden).apply(environmentFile), mode: "0600" } }
      : {},
    services: {
      ...(isActivated(options) ? { [socket]: { enabled: true } } : {}),
      [`${container}.service`]: hasHidden ? { restartOn: [secretFile] } : {},
    },
  };
}

function text(it: BackendContainer, given: Pick<Container, "image" | "environment" | "environmentFile">) {
  const { name, container, options, args } = it;
  const { target } = proxyNames(name, args);
  const way = isActivated(options) ? inherited(it) : isUnix(options) ? unix(it) : tcp(it);
  const { healthCheck } = options;
  return renderContainer({
    unit: {
      description: `Backend ${container} of ${name}`,
      ...way.unit,
      // One that fails again and again is tried again and again, as nobody else would start it.
      ...unlimited,
    },
    container: {
      containerName: container,
      ...containerSection({
        ...given,
        runtime: args.runtime,
        volumes: { own: way.volume ?? [], given: options.volumes ?? [] },
        pull: args.hardened === true ? "never" : undefined,
      }),
      // Its image may need capabilities and a writable root: only new privileges are out.
      ...(args.hardened === true ? { noNewPrivileges: true } : {}),
      ...way.container,
      ...(healthCheck === undefined ? {} : healthKeys(healthCheck)),
    },
    service: {
      ...(way.wait === undefined ? {} : { execStartPost: way.wait }),
      restart: "always",
      restartSec: "2s",
      timeoutStartSec: startTimeout(healthCheck),
      ...way.service,
    },
    install: { wantedBy: ["default.target", ...(isActivated(options) ? [] : [target])] },
    // A user quadlet would wait for the system's network-online.target, for 90 seconds where nobody wants that: a container
    // that needs what is outside is started again until it is there.
    quadlet: { defaultDependencies: false },
  });
}

/** Longer than the wait for what it listens on, or for the first check that counts. systemd adds them up (systemd.time(7)). */
function startTimeout(check: HealthCheck | undefined): string {
  return check === undefined ? "90" : ["90s", check.startPeriod, intervalOf(check)].filter(Boolean).join(" ");
}

function intervalOf({ interval = "5s" }: HealthCheck): string {
  return interval;
}

/** The service of the network has it for those that share one. */
const execStartPre = awaitFirstPodman("%t");

/** What a unit has for the way by which nginx reaches it. */
interface Way {
  unit?: Pick<UnitSection, "requires" | "after">;
  container: Partial<ContainerSection>;
  volume?: string[];
  service?: ServiceSection;
  /** The command that ends when nginx can use it. */
  wait?: string;
}

function tcp({ name, backend, container, options, args }: BackendContainer): Way {
  const { network } = proxyNames(name, args);
  const internal = isInternal(args) ? " --internal" : "";
  return {
    container: { network: [`${network}.network`], networkAlias: container === backend ? [] : [backend] },
    // As the network's own service does, which is still active where somebody has removed the network.
    service: { execStartPre: `/usr/bin/podman network create --ignore${internal} systemd-${network}` },
    ...(options.healthCheck === undefined
      ? { wait: quoteExec(["/bin/sh", "-c", awaitPort, "wait", container, String(options.port)]) }
      : {}),
  };
}

function unix({ name, container, options, args }: BackendContainer): Way {
  const { volume, service, wait } = ownSocket(name, container, options, args);
  const requires = [socketsUnit(name)];
  return {
    unit: { requires, after: requires },
    container: { network: ["none"] },
    volume: [volume],
    service: { execStartPre, ...service },
    wait,
  };
}

/** Its socket listens before it runs, so no unit has to wait for it. */
function inherited({ container }: BackendContainer): Way {
  const requires = [`${container}.socket`];
  return { unit: { requires, after: requires }, container: { network: ["none"] }, service: { execStartPre } };
}

function healthKeys(check: HealthCheck): Partial<ContainerSection> {
  return {
    notify: "healthy",
    healthCmd: escapeLiteral(check.command),
    healthInterval: intervalOf(check),
    ...(check.timeout === undefined ? {} : { healthTimeout: check.timeout }),
    ...(check.retries === undefined ? {} : { healthRetries: check.retries }),
    ...(check.startPeriod === undefined ? {} : { healthStartPeriod: check.startPeriod }),
  };
}

/**
 * Waits until a container listens on a port: its name, the port. In the tables of its network namespace (proc_pid_net(5)),
 * which the account may read: the image needs no tool for it. 0A is TCP_LISTEN.
 */
const awaitPort = awaitContainer(
  'grep -qs "^ *[0-9]*: [0-9A-F]*:$port [0-9A-F]*:0000 0A " "/proc/$pid/net/tcp" "/proc/$pid/net/tcp6"',
  "does not listen on port $2",
  ['port=$(printf %04X "$2");'],
);
